"""A VM is made from a template: cloned, installed, built, started; or kept where it went wrong."""

from typing import Any

import pytest

from tests.canvases.interference import refused
from tests.canvases.test_rollback import CONFIGURED, EVERYTHING, NFS, UNCONFIGURED
from tests.stack import StackHarness
from tests.tasks.fixtures import Maker
from xenserver import errors


def devices(stack: StackHarness, cls: str, vm: str) -> dict[str, dict[str, Any]]:
    """Return a VM's devices by their numbers."""
    [machine] = stack.xenserver.named("VM", vm)
    number = {"VBD": "userdevice", "VIF": "device"}[cls]
    records = stack.xenserver.records(cls).values()
    return {record[number]: record for record in records if record["VM"] == machine["ref"]}


def medium(stack: StackHarness, drive: dict[str, Any]) -> dict[str, Any]:
    """Return the record of what is in a drive."""
    return dict(stack.xenserver("VDI.get_record", drive["VDI"]))


def test_it_answers_with_uuid_name_and_power_state(stack: StackHarness, name: str) -> None:
    answer = stack.do(CONFIGURED, template="deb12", name=name, description="a web server")

    [machine] = stack.xenserver.named("VM", name)
    assert answer == {
        "return_result": machine["uuid"],
        "uuid": machine["uuid"],
        "name_label": name,
        "power_state": "Running",
    }
    assert machine["power_state"] == "Running"
    assert machine["name_description"] == "a web server"
    assert not machine["is_a_template"]
    assert len(devices(stack, "VBD", name)) == len(devices(stack, "VIF", name)) == 1


def test_it_answers_when_the_guest_has_reported_its_addresses(
    stack: StackHarness, name: str
) -> None:
    answer = stack.do(CONFIGURED, template="deb12", name=name, wait_for="ip")

    assert answer["power_state"] == "Running"
    assert answer["addresses"]["0/ip"]


def test_it_stays_halted_where_no_start_is_wanted(stack: StackHarness, name: str) -> None:
    answer = stack.do(CONFIGURED, template="deb12", name=name, start=False)

    assert answer["power_state"] == "Halted"
    assert stack.xenserver.named("VM", name)[0]["power_state"] == "Halted"


def test_the_template_is_untouched(stack: StackHarness, name: str) -> None:
    """It is still a template, with its own disk."""
    [before] = stack.xenserver.named("VM", "deb12")

    stack.do(CONFIGURED, template="deb12", name=name, start=False)

    assert stack.xenserver.named("VM", "deb12") == [before]


def test_its_disks_go_onto_the_repository_that_is_given(stack: StackHarness, name: str) -> None:
    stack.do(CONFIGURED, template="deb12", name=name, sr="Local storage xs1", start=False)

    disk = medium(stack, devices(stack, "VBD", name)["0"])
    [local] = stack.xenserver.named("SR", "Local storage xs1")
    assert disk["SR"] == local["ref"]


@pytest.mark.parametrize("flow", [CONFIGURED, UNCONFIGURED])
@pytest.mark.parametrize(("by", "kind"), [("uuid", errors.Refused), ("name_label", errors.Missing)])
def test_a_vm_in_the_place_of_a_template_is_refused(
    stack: StackHarness, name: str, flow: str, by: str, kind: type[errors.XenflowError]
) -> None:
    """By what the caller named it, and before anything is made."""
    before, [vm] = stack.xenserver.inventory(), stack.xenserver.named("VM", "web02")
    made = stack.xenserver.effects("VM.clone")

    with pytest.raises(kind, match=f"{vm[by]}.* vm.clone or") as bad:
        stack.do(flow, template=vm[by], name=name)

    assert "undone" not in bad.value.message
    assert stack.xenserver.inventory() == before
    assert stack.xenserver.effects("VM.clone") == made


def test_what_was_made_is_kept_and_listed_where_that_is_wanted(
    stack: StackHarness, name: str
) -> None:
    """The VM stays as far as it came."""
    with (
        refused(stack.xenserver, "VM.start"),
        pytest.raises(errors.XenflowError, match=f"kept: VM {name}"),
    ):
        stack.do(CONFIGURED, template="deb12", name=name, on_failure="keep")

    [machine] = stack.xenserver.named("VM", name)
    assert machine["power_state"] == "Halted"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<provision><disk", "is not XML"),
        ("no xml at all", "is not XML"),
        ('<!DOCTYPE a [<!ENTITY b "b">]><provision><disk size="&c;"/></provision>', "is not XML"),
        ('<provision><disk device="0" sr=""/></provision>', "gives disk 0 no size"),
        ('<provision><disk device="0" size="ten"/></provision>', "gives disk 0 no size"),
        ('<provision><disk device="0" size="\u0663\u0663"/></provision>', "gives disk 0 no size"),
        (f'<provision><disk device="0" size="{2**63}"/></provision>', "gives disk 0 no size"),
        ('<provision><disk size="1048576" bootable="true"/></provision>', "no `device`"),
        ('<provision><disk device="0" size="1048576"/></provision>', "no `bootable`"),
        ("<provision><cd/></provision>", "has a <cd> in the place of a <disk>"),
        ("<disks/>", "begins with <disks>"),
        (" ", "is not XML"),
        ("", "is not XML"),
    ],
)
def test_a_template_that_asks_for_disks_wrongly_is_named(
    stack: StackHarness, name: str, text: str, problem: str
) -> None:
    """With what is wrong; nothing is left of the VM, and it is no defect of ours."""
    [source] = stack.xenserver.named("VM", "deb12")
    template = stack.xenserver("VM.clone", source["ref"], f"broken {name}")
    stack.xenserver("VM.remove_from_other_config", template, "disks")
    stack.xenserver("VM.add_to_other_config", template, "disks", text)
    before = stack.xenserver.inventory()

    with pytest.raises(errors.Refused, match=f"template broken {name} cannot be.*{problem}") as bad:
        stack.do(CONFIGURED, template=f"broken {name}", name=name)

    assert bad.value.code == "XENFLOW_TEMPLATE_INVALID"
    assert stack.xenserver.inventory() == before


def test_everything_is_built_before_the_start(stack: StackHarness, name: str) -> None:
    """Memory, processors, the way it boots; disks on 0 and 1, the CD on 3, the interface on 0."""
    answer = stack.do(UNCONFIGURED, name=name, **EVERYTHING)

    [machine] = stack.xenserver.named("VM", name)
    drives = devices(stack, "VBD", name)
    assert answer["power_state"] == machine["power_state"] == "Running"
    assert int(machine["memory_static_max"]) == int(machine["memory_dynamic_min"]) == 512 << 20
    assert int(machine["VCPUs_max"]) == int(machine["VCPUs_at_startup"]) == 2
    assert machine["HVM_boot_params"]["order"] == "cd"
    assert sorted(drives) == ["0", "1", "3"]
    assert list(devices(stack, "VIF", name)) == ["0"]
    assert all(drive["currently_attached"] for drive in drives.values())


def test_disks_are_as_they_were_asked_for(stack: StackHarness, name: str) -> None:
    stack.do(UNCONFIGURED, name=name, start=False, **EVERYTHING)

    drives = devices(stack, "VBD", name)
    disks = [medium(stack, drives[number]) for number in ("0", "1")]
    assert [disk["name_label"] for disk in disks] == [f"{name} disk 0", f"{name} disk 1"]
    assert [int(disk["virtual_size"]) for disk in disks] == [1 << 30, 2 << 30]
    assert [drives[number]["bootable"] for number in ("0", "1")] == [True, False]
    assert medium(stack, drives["3"])["name_label"] == "debian-12.iso"
    assert (drives["3"]["type"], drives["3"]["mode"]) == ("CD", "RO")


def test_parts_take_their_place_beside_what_the_template_brings(
    stack: StackHarness, name: str
) -> None:
    """A template that has a disk made on device 0; interfaces have what they were asked for."""
    stack.do(
        UNCONFIGURED,
        template="Debian Bookworm 12",
        name=name,
        sr=NFS,
        disks=[{"size": "1GiB"}, {"size": "1GiB", "device": "7"}],
        networks=[{"network": "lab", "device": 2, "mac": "00:16:3e:aa:bb:cc"}, {"network": "lab"}],
        start=False,
    )

    assert sorted(devices(stack, "VBD", name)) == ["0", "1", "7"]
    interfaces = devices(stack, "VIF", name)
    assert sorted(interfaces) == ["0", "2"]
    assert interfaces["2"]["MAC"] == "00:16:3e:aa:bb:cc"


def test_nothing_starts_when_a_part_fails(stack: StackHarness, name: str) -> None:
    """The body of the chord never begins."""
    with refused(stack.xenserver, "VIF.create"):
        result = stack.send(UNCONFIGURED, name=name, **EVERYTHING)
        with pytest.raises(errors.XenflowError):
            result.get(timeout=60)

    reply = [stack.record(step).name for step in stack.runtime.journal.run(result.id)]
    assert "xenserver.vif.create" in reply
    assert "xenserver.vm.start" not in reply


def test_parts_that_were_made_are_kept_and_listed_where_that_is_wanted(
    stack: StackHarness, name: str
) -> None:
    """Those of the flows within it too: a disk whose drive could not be made."""
    with refused(stack.xenserver, "VM.start"), pytest.raises(errors.XenflowError) as caught:
        stack.do(UNCONFIGURED, name=name, on_failure="keep", **EVERYTHING)

    kept = caught.value.message.partition("kept: ")[2]
    assert f"VDI {name} disk 0" in kept
    assert f"VM {name}" in kept
    assert sorted(devices(stack, "VBD", name)) == ["0", "1", "3"]


def test_a_disk_whose_drive_fails_is_kept_too(stack: StackHarness, maker: Maker, name: str) -> None:
    """A flow that keeps hands that on to the flows within it."""
    fields = {**EVERYTHING, "disks": [{"size": "1GiB"}], "cd": None, "networks": []}

    with refused(stack.xenserver, "VBD.create"), pytest.raises(errors.XenflowError) as caught:
        stack.do(UNCONFIGURED, name=name, on_failure="keep", **fields)

    assert f"VDI {name} disk 0" in caught.value.message.partition("kept: ")[2]
    assert not maker.gone("VDI", maker.named("VDI", f"{name} disk 0"))
