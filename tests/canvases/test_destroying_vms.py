"""A VM is destroyed, with its disks where that is wanted; what others use is found first."""

from typing import Any

import pytest

from tests.canvases.interference import refused
from tests.stack import StackHarness
from tests.tasks.fixtures import ISO, Maker
from xenserver import errors

FLOW = "flow.destroy_vm_and_disks"


@pytest.fixture
def maker(stack: StackHarness) -> Maker:
    """Make objects in the pool of the stack."""
    return Maker(stack.xenserver, stack.xenserver.control)


def disk_of(stack: StackHarness, maker: Maker, vm: str) -> str:
    """Return the UUID of a VM's first disk."""
    drives = stack.xenserver("VM.get_VBDs", maker.ref("VM", vm))
    [disk] = {stack.xenserver("VBD.get_VDI", drive) for drive in drives}
    return maker.uuid("VDI", disk)


def uuids(disks: list[dict[str, Any]]) -> list[str]:
    """Return the UUIDs of the disks of an answer."""
    return [disk["uuid"] for disk in disks]


def test_the_vm_goes_and_its_storage_stays(stack: StackHarness, maker: Maker) -> None:
    """The answer names what was kept."""
    vm = maker.vm()
    disk = disk_of(stack, maker, vm)

    answer = stack.do(FLOW, vm=vm)

    assert maker.gone("VM", vm)
    assert not maker.gone("VDI", disk)
    assert (answer["uuid"], answer["deleted"], uuids(answer["kept"])) == (vm, [], [disk])


def test_the_vm_goes_with_its_disks(stack: StackHarness, maker: Maker) -> None:
    """All that are attached to it, side by side."""
    vm = maker.vm()
    disks = {disk_of(stack, maker, vm), *(_disk_in(stack, maker, maker.drive(vm)) for _ in "ab")}

    answer = stack.do(FLOW, vm=vm, deleteDisks=True)

    assert maker.gone("VM", vm)
    assert all(maker.gone("VDI", disk) for disk in disks)
    assert set(uuids(answer["deleted"])) == disks
    assert answer["kept"] == []
    assert "disks deleted: web02 system, new-" in answer["return_result"]


def test_isos_stay(stack: StackHarness, maker: Maker) -> None:
    """They are listed as kept, with the reason."""
    vm = maker.vm()
    medium = maker.ref("VDI", maker.named("VDI", ISO))
    maker.drive(vm, VDI=medium, type="CD", mode="RO")

    answer = stack.do(FLOW, vm=vm, delete_disks=True)

    assert not maker.gone("VDI", maker.named("VDI", ISO))
    [kept] = answer["kept"]
    assert (kept["name_label"], kept["why"]) == (ISO, "it is a medium")


def test_a_disk_of_another_vm_is_found_before_anything_is_destroyed(
    stack: StackHarness, maker: Maker
) -> None:
    """Not even the shutdown begins; the refusal lists the disk and the VMs."""
    vm, other = maker.running(), maker.vm()
    disk = disk_of(stack, maker, vm)
    maker.drive(other, VDI=maker.ref("VDI", disk), mode="RO")
    before = stack.xenserver.world()

    with pytest.raises(errors.Refused) as caught:
        stack.do(FLOW, vm=vm, delete_disks=True, shutdown="force")

    assert caught.value.code == "XENFLOW_DISK_SHARED"
    assert caught.value.params == [disk]
    assert disk in caught.value.message
    assert other in caught.value.message
    assert stack.xenserver.world() == before
    assert maker.record("VM", vm)["power_state"] == "Running"


def test_a_disk_of_another_vm_goes_where_that_is_wanted(stack: StackHarness, maker: Maker) -> None:
    """The other VM loses it."""
    vm, other = maker.vm(), maker.vm()
    disk = disk_of(stack, maker, vm)
    maker.drive(other, VDI=maker.ref("VDI", disk))

    stack.do(FLOW, vm=vm, delete_disks=True, delete_shared_disks=True)

    assert maker.gone("VDI", disk)
    assert not maker.gone("VM", other)


def test_a_disk_of_another_vm_is_no_matter_where_disks_stay(
    stack: StackHarness, maker: Maker
) -> None:
    """Only the VM is destroyed."""
    vm, other = maker.vm(), maker.vm()
    disk = disk_of(stack, maker, vm)
    maker.drive(other, VDI=maker.ref("VDI", disk))

    answer = stack.do(FLOW, vm=vm)

    assert uuids(answer["kept"]) == [disk]


@pytest.mark.parametrize("shutdown", ["clean", "force"])
@pytest.mark.parametrize("state", ["running", "vm"])
def test_the_vm_is_shut_down_first_where_that_is_wanted(
    stack: StackHarness, maker: Maker, shutdown: str, state: str
) -> None:
    """One that is halted already is fine."""
    vm = getattr(maker, state)()
    if state == "running":
        stack.until(lambda: _has_tools(stack, maker, vm), "the guest's tools")

    stack.do(FLOW, vm=vm, delete_disks=True, shutdown=shutdown)

    assert maker.gone("VM", vm)


def test_a_vm_that_runs_is_refused_where_no_shutdown_is_wanted(
    stack: StackHarness, maker: Maker
) -> None:
    """Its disks stay."""
    vm = maker.running()
    before = stack.xenserver.world()

    with pytest.raises(errors.Refused, match="VM_BAD_POWER_STATE"):
        stack.do(FLOW, vm=vm, delete_disks=True)

    assert stack.xenserver.world() == before


@pytest.mark.parametrize("shutdown", ["no", "force"])
def test_the_image_of_a_suspended_vm_goes_with_its_disks(
    stack: StackHarness, maker: Maker, shutdown: str
) -> None:
    """By us, or by XenServer when the power is cut."""
    before = stack.xenserver.world()["VDI"]
    vm = maker.suspended()

    stack.do(FLOW, vm=vm, delete_disks=True, shutdown=shutdown)

    assert stack.xenserver.world()["VDI"] == before


def test_a_disk_that_cannot_go_is_named(stack: StackHarness, maker: Maker) -> None:
    """The VM is gone by then; what XenServer says of the disk is the error."""
    vm = maker.vm()
    disk = disk_of(stack, maker, vm)

    with refused(stack.xenserver, "VDI.destroy"), pytest.raises(errors.XenflowError) as caught:
        stack.do(FLOW, vm=vm, delete_disks=True)

    assert caught.value.code == "INTERNAL_ERROR"
    assert maker.gone("VM", vm)
    assert not maker.gone("VDI", disk)


def _disk_in(stack: StackHarness, maker: Maker, drive: str) -> str:
    return maker.uuid("VDI", stack.xenserver("VBD.get_VDI", maker.ref("VBD", drive)))


def _has_tools(stack: StackHarness, maker: Maker, vm: str) -> bool:
    allowed = stack.xenserver("VM.get_allowed_operations", maker.ref("VM", vm))
    return "clean_shutdown" in allowed
