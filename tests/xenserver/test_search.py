"""Finding many: criteria, fields, pages, and what it costs."""

from collections.abc import Iterator

import pytest

from config.targets import Target
from tests.xenserver.pools import Pool
from xenserver import errors
from xenserver.client import Xen
from xenserver.session import Sessions
from xenserver.values import Record, Value

PLAIN = {"is_a_template": False, "is_control_domain": False}


def _names(records: list[Record]) -> list[str]:
    return sorted(str(record["name_label"]) for record in records)


def _texts(value: Value) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            yield from (text for item in value for text in _texts(item))
        case dict():
            yield from (text for pair in value.items() for part in pair for text in _texts(part))


def test_no_criteria_find_everything(xen: Xen) -> None:
    """In the order of UUIDs."""
    found = xen.search.host()

    assert _names(found) == ["xs1", "xs2", "xs3"]
    assert [host["uuid"] for host in found] == sorted(str(host["uuid"]) for host in found)


def test_a_name_is_matched_as_it_is(xen: Xen) -> None:
    """Case and all."""
    assert _names(xen.search.vm(name="web01")) == ["web01"]
    assert xen.search.vm(name="WEB01") == []
    assert xen.search.vm(name="web") == []


def test_a_search_expression_is_part_of_a_name_in_any_case(xen: Xen) -> None:
    """As people type it."""
    assert _names(xen.search.vm(name="WEB", is_search_expression=True)) == ["web01", "web02"]


def test_all_criteria_must_hold(xen: Xen) -> None:
    """And one that is None is none."""
    where = {**PLAIN, "power_state": "Running", "name_label": None}

    assert _names(xen.search.vm(where=where)) == ["db01", "web01"]


def test_a_criterion_may_allow_several_values(xen: Xen) -> None:
    """One of them must hold."""
    where = {**PLAIN, "power_state": ["Halted", "Suspended"]}

    assert _names(xen.search.vm(where=where)) == ["batch01", "web02"]


def test_a_set_must_hold_its_criterion(xen: Xen) -> None:
    """As a member."""
    xen.VM.add_tags(xen.find.vm("web02"), "blue")

    assert _names(xen.search.vm(where={"tags": "blue"})) == ["web02"]


def test_a_thing_is_the_criterion_of_a_reference(xen: Xen) -> None:
    """Devices are found by what they belong to."""
    vm = xen.find.vm("web02")

    (vif,) = xen.search.vif(where={"VM": vm})

    assert vif["VM"] == vm.uuid


def test_a_uuid_finds_one(xen: Xen) -> None:
    """Or none."""
    vm = xen.find.vm("web02")

    assert _names(xen.search.vm(uuid=vm.uuid)) == ["web02"]
    assert xen.search.sr(uuid=vm.uuid) == []


def test_references_are_told_as_uuids(xen: Xen) -> None:
    """One that is null is None."""
    (running,) = xen.search.vm(name="web01")
    (halted,) = xen.search.vm(name="web02")

    assert running["resident_on"] == xen.find.host("xs1").uuid
    assert halted["resident_on"] is None


@pytest.mark.parametrize(
    "word", ["vm", "host", "pif", "vif", "network", "sr", "vbd", "vdi", "pool"]
)
def test_no_reference_leaves_the_gate(xen: Xen, word: str) -> None:
    """Not even when every field is asked for."""
    found = getattr(xen.search, word)(fields=["*"])

    assert found
    assert [text for text in _texts(list(found)) if text.startswith("OpaqueRef:")] == []


def test_a_running_operation_is_told_by_its_tasks_uuid(xen: Xen, pool: Pool) -> None:
    """The keys of current_operations are references too."""
    pool.do("hold")
    task = xen.launch(xen.Async.VM.clone(xen.find.vm("web02"), "copy"))
    pool.do("advance", seconds=0.1)

    (vm,) = xen.search.vm(name="web02", fields=["current_operations"])

    assert vm["current_operations"] == {xen.uuid.task(task): "clone"}


def test_a_class_is_read_once_however_many_objects_there_are(xen: Xen, sessions: Sessions) -> None:
    """One call for the disks, one for the VMs and one for the devices between them."""
    xen.search.vbd()

    assert sessions.tally.calls == {
        "session.login_with_password": 1,
        "VBD.get_all_records": 1,
        "VDI.get_all_records": 1,
        "VM.get_all_records": 1,
    }


def test_a_class_that_does_not_show_is_not_read(xen: Xen, sessions: Sessions) -> None:
    """Its references may stand in fields that nobody asked for, or in records that do not fit."""
    xen.search.vm(name="web02")

    assert sessions.tally.calls["host.get_all_records"] == 0


def test_asked_fields_come_with_what_makes_an_object_known(xen: Xen) -> None:
    """UUID, name, and what may be done with it."""
    (vm,) = xen.search.vm(name="web02", fields=["power_state"])

    assert list(vm) == ["uuid", "name_label", "allowed_operations", "power_state"]


def test_a_field_that_does_not_exist_is_refused(xen: Xen) -> None:
    """The refusal lists those there are."""
    with pytest.raises(errors.Refused, match=r"VM has no field nmae; it has .*name_label"):
        xen.search.vm(fields=["nmae"])


def test_large_pools_can_be_leafed_through(xen: Xen) -> None:
    """Page by page, each after the last UUID of the one before."""
    everything = [record["uuid"] for record in xen.search.vbd()]

    first = [record["uuid"] for record in xen.search.vbd(limit=2)]
    rest = [record["uuid"] for record in xen.search.vbd(after=str(first[-1]))]

    assert first + rest == everything


def test_both_transports_find_the_same(sessions: Sessions, target: Target) -> None:
    """A number is a number."""
    xml = target.model_copy(update={"transport": "xml-rpc"})

    assert Xen(sessions, target).search.vm() == Xen(sessions, xml).search.vm()
