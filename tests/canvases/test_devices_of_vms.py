"""Disks, CDs and interfaces are set up: made or found, attached, plugged when the VM runs."""

from typing import Any

import pytest

from tests.canvases.test_rollback import NEW_DISK
from tests.stack import StackHarness
from tests.tasks.fixtures import ISO, Maker
from xenserver import errors

DISK = "flow.setup_disk_or_cd"
NETWORK = "flow.setup_network_devices"
ASSIGN = "flow.assign_vms_to_network"


def steps(stack: StackHarness, run: str) -> list[str]:
    """Return the names of a run's steps."""
    return [stack.record(step).name for step in stack.runtime.journal.run(run)][1:]


def drive(stack: StackHarness, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the record of the drive that was answered with."""
    return stack.xenserver.records("VBD")[answer["uuid"]]


def test_a_new_disk_is_plugged_into_a_vm_that_runs(stack: StackHarness, running: str) -> None:
    """The answer names the drive, the disk, the VM and the device."""
    answer = stack.do(DISK, vm=running, **NEW_DISK)

    made = drive(stack, answer)
    assert made["currently_attached"]
    assert answer["plugged"]
    assert answer["device"] == made["userdevice"] == "1"
    assert answer["vm"] == stack.xenserver.named("VM", running)[0]["uuid"]
    disk = stack.xenserver.records("VDI")[answer["vdi"]]
    assert (disk["name_label"], int(disk["virtual_size"])) == ("data", 1 << 30)


def test_a_new_disk_waits_for_a_halted_vm_to_start(stack: StackHarness, halted: str) -> None:
    """It is attached, not plugged."""
    answer = stack.do(DISK, vm=halted, **NEW_DISK, device=5, mode="RW", bootable=True)

    made = drive(stack, answer)
    assert answer["plugged"] is False
    assert (made["userdevice"], made["bootable"], made["currently_attached"]) == ("5", True, False)


def test_a_halted_vm_is_refused_where_the_disk_must_be_plugged(
    stack: StackHarness, halted: str
) -> None:
    before = stack.xenserver.inventory()

    with pytest.raises(errors.Refused, match="VM_BAD_POWER_STATE"):
        stack.do(DISK, vm=halted, **NEW_DISK, plug="yes")

    assert stack.xenserver.inventory() == before


def test_a_disk_is_not_plugged_where_that_is_not_wanted(stack: StackHarness, running: str) -> None:
    answer = stack.do(DISK, vm=running, **NEW_DISK, plug="no")

    assert not drive(stack, answer)["currently_attached"]


def test_an_existing_disk_is_attached(stack: StackHarness, running: str, maker: Maker) -> None:
    disk = maker.disk()

    answer = stack.do(DISK, vm=running, existing_disk_name=disk)

    assert answer["vdi"] == disk
    assert answer["return_result"] == "attached as device 1"


def test_a_cd_is_attached(stack: StackHarness, halted: str) -> None:
    """Read-only, in the CD drive's place."""
    answer = stack.do(DISK, vm=halted, existing_disk_name=ISO, type="CD")

    made = drive(stack, answer)
    assert (made["type"], made["mode"], made["userdevice"]) == ("CD", "RO", "3")


@pytest.mark.parametrize("plug", ["auto", "yes", "no"])
def test_a_cd_goes_into_the_empty_drive_of_a_vm_that_runs(
    stack: StackHarness, maker: Maker, plug: str
) -> None:
    """A drive that is made could not be plugged."""
    empty = maker.cd()
    vm = maker.owner(empty)
    stack.xenserver("VM.start", maker.ref("VM", vm), False, False)  # noqa: FBT003 - in wire order

    answer = stack.do(DISK, vm=vm, existing_disk_name=ISO, type="CD", plug=plug)

    assert (answer["uuid"], answer["vdi"]) == (empty, maker.named("VDI", ISO))
    assert drive(stack, answer)["empty"] is False


def test_another_cd_is_refused_or_replaced(stack: StackHarness, maker: Maker) -> None:
    vm = maker.owner(maker.cd(iso="xs-tools.iso"))
    fields = {"vm": vm, "existing_disk_name": ISO, "type": "CD"}

    with pytest.raises(errors.Refused, match="VBD_NOT_EMPTY"):
        stack.do(DISK, **fields)

    assert stack.do(DISK, **fields, replace=True)["vdi"] == maker.named("VDI", ISO)


def test_an_interface_that_is_there_will_do_where_that_is_said(
    stack: StackHarness, maker: Maker
) -> None:
    """Sent twice, one interface is made."""
    vm = maker.vm()
    fields = {"vm": vm, "network": "lab", "ensure": True}

    first, second = stack.do(NETWORK, **fields), stack.do(NETWORK, **fields)

    assert first["uuid"] == second["uuid"]
    assert len(maker.record("VM", vm)["VIFs"]) == 2


@pytest.mark.parametrize("plug", ["auto", "yes", "no"])
def test_a_disk_that_is_attached_already_is_left_alone_and_that_said(
    stack: StackHarness, running: str, maker: Maker, plug: str
) -> None:
    """Nothing is changed, plugged or not."""
    disk = maker.disk()
    first = stack.do(DISK, vm=running, existing_disk_name=disk, plug="no")
    before = stack.xenserver.records("VBD")

    second = stack.do(DISK, vm=running, existing_disk_name=disk, plug=plug)

    assert second["return_result"] == "attached as device 1 already, and left unchanged"
    assert second["uuid"] == first["uuid"]
    assert stack.xenserver.records("VBD") == before


def test_a_device_that_is_taken_is_refused_and_the_new_disk_undone(
    stack: StackHarness, halted: str
) -> None:
    """What is attached there stays."""
    before = stack.xenserver.inventory()

    with pytest.raises(errors.Refused, match="DEVICE_ALREADY_EXISTS"):
        stack.do(DISK, vm=halted, **NEW_DISK, device="0")

    assert stack.xenserver.inventory() == before


def test_what_is_missing_for_a_new_disk_is_named_before_anything_is_made(
    stack: StackHarness, halted: str
) -> None:
    """No step begins."""
    result = stack.send(DISK, vm=halted, new_disk_name="data", disk_size="1GiB")

    with pytest.raises(errors.Refused, match="vdi_type: is missing; storage_repository: is miss"):
        result.get(timeout=60)
    assert steps(stack, result.id) == []


def test_an_interface_is_plugged_into_a_vm_that_runs(stack: StackHarness, running: str) -> None:
    fields = {"network": "lab", "device_id": 3, "mac": "00:16:3e:00:aa:01", "mtu": 9000}

    answer = stack.do(NETWORK, vm=running, **fields)

    made = stack.xenserver.records("VIF")[answer["uuid"]]
    assert answer["plugged"]
    assert made["currently_attached"]
    assert (made["device"], made["MAC"], int(made["MTU"])) == ("3", "00:16:3e:00:aa:01", 9000)


def test_an_interface_waits_for_a_halted_vm_to_start(stack: StackHarness, halted: str) -> None:
    answer = stack.do(NETWORK, vm=halted, network="lab")

    assert answer["return_result"] == "connected as device 1"
    assert answer["plugged"] is False


def test_vms_are_assigned_to_a_network(stack: StackHarness, maker: Maker) -> None:
    """The report names each VM's interface, in the order of the VMs, and whether it is plugged."""
    uuids = [maker.running(), maker.vm(), maker.running()]

    answer = stack.do(ASSIGN, vms=uuids, network="lab")

    assert answer["return_result"] == "3 VMs assigned to lab"
    assert [one["vm"] for one in answer["assigned"]] == uuids
    assert [one["plugged"] for one in answer["assigned"]] == [True, False, True]
    [harness] = stack.xenserver.named("network", "lab")
    interfaces = stack.xenserver.records("VIF")
    assert {interfaces[one["uuid"]]["network"] for one in answer["assigned"]} == {harness["ref"]}


def test_a_vm_by_two_spellings_is_assigned_once(stack: StackHarness, halted: str) -> None:
    """Name and UUID mean the same VM."""
    [machine] = stack.xenserver.named("VM", halted)

    answer = stack.do(ASSIGN, vms=[halted, machine["uuid"], halted], network="lab")

    assert answer["count"] == 1
    assert len(stack.xenserver.records("VM")[machine["uuid"]]["VIFs"]) == 2


@pytest.mark.parametrize(
    ("flow", "fields"),
    [
        ("flow.destroy_vm_and_disks", {}),
        ("flow.setup_disk_or_cd", {"existing_disk_name": ISO, "type": "CD"}),
        ("flow.setup_network_devices", {"network": "lab"}),
    ],
)
def test_a_template_is_no_vm_by_name_nor_by_uuid(
    stack: StackHarness, maker: Maker, flow: str, fields: dict[str, Any]
) -> None:
    """No flow treats one as a VM."""
    template = maker.template()
    before = stack.xenserver.inventory()

    with pytest.raises(errors.Refused, match="is the UUID of a template, not of a VM"):
        stack.do(flow, vm=template, **fields)

    assert stack.xenserver.inventory() == before


def test_a_vm_nobody_knows_keeps_all_from_being_assigned(stack: StackHarness, halted: str) -> None:
    """The others' interfaces are taken away again."""
    before = stack.xenserver.inventory()

    with pytest.raises(errors.Missing, match="nobody"):
        stack.do(ASSIGN, vms=[halted, "nobody"], network="lab")

    assert stack.xenserver.inventory() == before
