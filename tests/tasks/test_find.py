"""Finding: criteria, fields, pages, and what it costs."""

from collections import Counter
from typing import Any

import pytest

from tasks import host, network, pif, sr, task, vbd, vdi, vif
from tasks.engine.declaration.operation import Operation
from tasks.vm import lifecycle
from tests.tasks.harness import Harness
from xenserver import errors

ALL: dict[str, tuple[Operation, str]] = {
    "host": (host.find, "host"),
    "PIF": (pif.find, "PIF"),
    "VIF": (vif.find, "VIF"),
    "network": (network.find, "network"),
    "SR": (sr.find, "SR"),
    "VBD": (vbd.find, "VBD"),
    "VDI": (vdi.find, "VDI"),
    "task": (task.find, "task"),
}
NFS = "NFS virtual disk storage"


@pytest.mark.parametrize("cls", ALL)
def test_without_criteria_all_are_found(harness: Harness, cls: str) -> None:
    operation, noun = ALL[cls]
    harness.see("task.create", "one", "a task to be found")

    answer = harness.do(operation)

    there = {record["uuid"] for record in harness.all(cls).values()}
    assert {record["uuid"] for record in answer["records"]} == there
    assert answer["count"] == len(there)
    plural = noun if len(there) == 1 else f"{noun}s"
    assert answer["return_result"] == f"{len(there)} {plural}"


@pytest.mark.parametrize("cls", ALL)
def test_a_uuid_finds_one(harness: Harness, cls: str) -> None:
    harness.see("task.create", "one", "a task to be found")
    uuid = next(iter(harness.all(cls).values()))["uuid"]

    for spelling in (uuid, uuid.upper()):
        answer = harness.do(ALL[cls][0], uuid=spelling)

        assert [record["uuid"] for record in answer["records"]] == [uuid]


@pytest.mark.parametrize("cls", [*ALL, "VM"])
def test_records_tell_what_is_useful(harness: Harness, cls: str) -> None:
    """Always the UUID; name and allowed operations where the class has them; never a reference."""
    harness.see("task.create", "one", "a task to be found")
    operation = lifecycle.find if cls == "VM" else ALL[cls][0]
    has = next(iter(harness.all(cls).values())).keys()

    for record in harness.do(operation)["records"]:
        assert {"uuid", "name_label", "allowed_operations"} & has <= record.keys()
        assert "OpaqueRef:" not in str(record)


@pytest.mark.parametrize("cls", [*ALL, "VM"])
def test_every_class_is_read_once(harness: Harness, cls: str) -> None:
    """One call for each class involved, none for each object."""
    operation = lifecycle.find if cls == "VM" else ALL[cls][0]

    harness.do(operation, fields=["*"])

    calls = Counter(harness.client.heard)
    assert all(method.endswith(".get_all_records") for method in calls)
    assert set(calls.values()) == {1}


@pytest.mark.parametrize(
    ("operation", "criteria", "found"),
    [
        (host.find, {"name": "xs2"}, {"xs2"}),
        (host.find, {"name": "XS", "is_search_expression": True}, {"xs1", "xs2", "xs3"}),
        (host.find, {"name": "XS"}, set()),
        (network.find, {"name": "lab"}, {"lab"}),
        (network.find, {"name": "LA", "is_search_expression": True}, {"lab"}),
        (network.find, {"bridge": "xapi0"}, {"lab"}),
        (network.find, {"name": "lab", "bridge": "xenbr0"}, set()),
        (sr.find, {"name": "ISO library"}, {"ISO library"}),
        (sr.find, {"name": "iso lib", "is_search_expression": True}, {"ISO library"}),
        (sr.find, {"type": "nfs"}, {NFS}),
        (sr.find, {"content_type": "iso"}, {"ISO library"}),
        (sr.find, {"shared": True, "content_type": "user"}, {NFS}),
        (vdi.find, {"sr": "ISO library"}, {"debian-12.iso", "xs-tools.iso"}),
        (vdi.find, {"type": "suspend"}, {"Suspend image"}),
        (vdi.find, {"name": "debian-12.iso"}, {"debian-12.iso"}),
        (vdi.find, {"name": "DEBIAN", "is_search_expression": True}, {"debian-12.iso"}),
        (vdi.find, {"name": "web", "is_search_expression": True, "sr": "ISO library"}, set()),
        (task.find, {"status": "pending"}, {"one"}),
        (task.find, {"status": "failure"}, set()),
        (task.find, {"name": "one"}, {"one"}),
        (task.find, {"name": "ON", "is_search_expression": True}, {"one"}),
        (task.find, {"name": "ON"}, set()),
        (lifecycle.find, {}, {"web01", "web02", "db01", "batch01"}),
        (lifecycle.find, {"power_state": "Suspended"}, {"batch01"}),
        (lifecycle.find, {"host": "xs1"}, {"web01"}),
        (lifecycle.find, {"tag": "gold"}, {"web02"}),
        (lifecycle.find, {"tag": "gold", "power_state": "Running"}, set()),
        (lifecycle.find, {"name": "WEB", "is_search_expression": True}, {"web01", "web02"}),
        (lifecycle.find, {"name": "deb12"}, set()),
        (lifecycle.find, {"name": "deb12", "include_templates": True}, {"deb12"}),
        (lifecycle.find, {"name": "before"}, set()),
        (lifecycle.find, {"name": "before", "include_templates": True}, set()),
        (lifecycle.find, {"name": "before", "include_snapshots": True}, {"before"}),
    ],
)
def test_criteria_combine(
    harness: Harness, operation: Operation, criteria: dict[str, Any], found: set[str]
) -> None:
    """They combine with *and*; names are exact unless they are searched for."""
    harness.see("task.create", "one", "a task to be found")
    harness.see("VM.add_tags", harness.ref("VM", "web02"), "gold")
    harness.snapshot_of("web02", "before")

    answer = harness.do(operation, **criteria)

    assert {record["name_label"] for record in answer["records"]} == found


def test_a_control_domain_is_found_by_its_uuid_only(harness: Harness) -> None:
    [first, *_] = [vm for vm in harness.all("VM").values() if vm["is_control_domain"]]

    every = harness.do(lifecycle.find, include_templates=True, include_snapshots=True)
    one = harness.do(lifecycle.find, uuid=first["uuid"])

    assert first["uuid"] not in {record["uuid"] for record in every["records"]}
    assert one["count"] == 1


def test_interfaces_of_hosts_are_found_by_device_host_and_network(harness: Harness) -> None:
    """Objects by name, or UUID."""
    eth0 = "Pool-wide network associated with eth0"
    answer = harness.do(pif.find, device="eth0", host=harness.uuid("host", "xs2"), network=eth0)

    [found] = answer["records"]
    assert found["host"] == harness.uuid("host", "xs2")
    assert harness.do(pif.find, network="lab")["count"] == 0


def test_interfaces_of_vms_are_found_by_vm_network_device_and_mac(harness: Harness) -> None:
    [interface] = harness.devices("VIF", "web01")
    mac = interface["MAC"]

    for criteria in ({"vm": "web01"}, {"mac": mac.upper()}, {"mac": mac.lower()}):
        answer = harness.do(vif.find, **criteria)
        assert [record["uuid"] for record in answer["records"]] == [interface["uuid"]]
    assert harness.do(vif.find, vm="web01", device=0, network="lab")["count"] == 0


def test_block_devices_are_found_by_vm_disk_type_and_device(harness: Harness) -> None:
    """A device by its number or its name in the guest."""
    [cd] = harness.devices("VBD", "db01", type="CD")
    [disk] = harness.devices("VBD", "web01")

    assert _uuids(harness.do(vbd.find, vm="db01", type="CD")) == [cd["uuid"]]
    assert _uuids(harness.do(vbd.find, vdi="web01 system")) == [disk["uuid"]]
    assert _uuids(harness.do(vbd.find, vm="web01", device=disk["device"])) == [disk["uuid"]]
    assert _uuids(harness.do(vbd.find, vm="db01", device=3)) == [cd["uuid"]]


def test_a_criterion_that_names_nothing_is_an_error(harness: Harness) -> None:
    with pytest.raises(errors.Missing, match="no VM is named nobody"):
        harness.do(vbd.find, vm="nobody")


def test_references_are_given_as_uuids(harness: Harness) -> None:
    [record] = harness.do(lifecycle.find, name="web01", fields=["resident_on", "VBDs"])["records"]

    [drive] = harness.devices("VBD", "web01")
    assert record["resident_on"] == harness.uuid("host", "xs1")
    assert record["VBDs"] == [drive["uuid"]]


def test_fields_are_chosen(harness: Harness) -> None:
    """The UUID comes along."""
    [record] = harness.do(lifecycle.find, name="web01", fields=["power_state"])["records"]

    assert record.keys() == {"uuid", "power_state"}


def test_all_fields_are_a_star(harness: Harness) -> None:
    [record] = harness.do(lifecycle.find, name="web01", fields=["*"])["records"]

    assert record.keys() == harness.record("VM", "web01").keys()


def test_a_field_that_is_none_is_refused(harness: Harness) -> None:
    with pytest.raises(errors.Refused, match="VM has no field colour; it has"):
        harness.do(lifecycle.find, fields=["colour"])


def test_pages_follow_each_other(harness: Harness) -> None:
    """Each begins after the last of the one before, and none is left out."""
    first = harness.do(lifecycle.find, limit=3)
    second = harness.do(lifecycle.find, limit=3, after=first["after"].upper())

    assert (first["count"], second["count"]) == (3, 1)
    assert _uuids(first) + _uuids(second) == _uuids(harness.do(lifecycle.find))
    assert "after" not in second


@pytest.mark.parametrize("cls", ALL)
def test_records_of_every_class_come_in_pages(harness: Harness, cls: str) -> None:
    for name in ("one", "two"):
        harness.see("task.create", name, "a task to be found")
    find, _noun = ALL[cls]

    first = harness.do(find, limit=1, fields=["uuid"])
    rest = harness.do(find, after=first["after"], fields=["uuid"])

    assert _uuids(first) + _uuids(rest) == _uuids(harness.do(find))
    assert first["records"][0].keys() == {"uuid"}


def _uuids(answer: dict[str, Any]) -> list[str]:
    return [record["uuid"] for record in answer["records"]]
