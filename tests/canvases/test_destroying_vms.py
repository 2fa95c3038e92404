"""A VM is destroyed, with its disks where that is wanted; what others use is found first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.stack import StackHarness
from tests.tasks.fixtures import ISO, Maker, fresh
from xenserver import errors

FLOW = "flow.destroy_vm_and_disks"


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
    assert "destroyed; disks deleted: none; disks kept: web02 system" in answer["return_result"]


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
    """The shutdown does not begin either; the refusal lists the disk and the VMs."""
    vm, other = maker.running(), maker.vm()
    disk = disk_of(stack, maker, vm)
    maker.drive(other, VDI=maker.ref("VDI", disk), mode="RO")
    before = stack.xenserver.inventory()

    with pytest.raises(errors.Refused) as caught:
        stack.do(FLOW, vm=vm, delete_disks=True, shutdown="force")

    assert caught.value.code == "XENFLOW_DISK_SHARED"
    assert caught.value.params == [disk]
    assert disk in caught.value.message
    assert other in caught.value.message
    assert stack.xenserver.inventory() == before
    assert maker.record("VM", vm)["power_state"] == "Running"


def test_a_running_vm_is_refused_before_anything_is_destroyed(
    stack: StackHarness, maker: Maker
) -> None:
    """The refusal names the field that shuts it down, and no list of what is left."""
    vm = maker.running()

    with pytest.raises(errors.Refused, match="Halt it first, or give shutdown=clean") as caught:
        stack.do(FLOW, vm=vm, delete_disks=True)

    assert caught.value.code == "VM_BAD_POWER_STATE"
    assert "left: " not in caught.value.message


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
    before = stack.xenserver.inventory()

    with pytest.raises(errors.Refused, match="VM_BAD_POWER_STATE"):
        stack.do(FLOW, vm=vm, delete_disks=True)

    assert stack.xenserver.inventory() == before


@pytest.mark.parametrize("shutdown", ["no", "force"])
def test_the_image_of_a_suspended_vm_goes_with_its_disks(
    stack: StackHarness, maker: Maker, shutdown: str
) -> None:
    """By us, or by XenServer when the power is cut."""
    before = stack.xenserver.inventory()["VDI"]
    vm = maker.suspended()

    stack.do(FLOW, vm=vm, delete_disks=True, shutdown=shutdown)

    assert stack.xenserver.inventory()["VDI"] == before


def test_a_disk_that_cannot_go_is_named_with_what_is_gone(
    stack: StackHarness, maker: Maker
) -> None:
    """The other disks go all the same; what XenServer says of the disk is the error."""
    vm = maker.vm(name=fresh())
    disk, other = disk_of(stack, maker, vm), _disk_in(stack, maker, maker.drive(vm))
    name = maker.record("VM", vm)["name_label"]

    with _refused_disk(stack, maker, disk), pytest.raises(errors.XenflowError) as caught:
        stack.do(FLOW, vm=vm, delete_disks=True)

    assert caught.value.code == "VDI_HAS_RRDS"
    assert (maker.gone("VM", vm), maker.gone("VDI", disk), maker.gone("VDI", other)) == (
        True,
        False,
        True,
    )
    assert f"gone: VM {name} ({vm}), disk" in caught.value.message
    assert f"left: disk web02 system ({disk}); send" in caught.value.message


@pytest.mark.parametrize("spelling", ["uuid", "name"])
def test_a_partial_destruction_is_finished_by_the_same_message(
    stack: StackHarness, maker: Maker, spelling: str
) -> None:
    """The VM is gone; its disks are known by their mark, a copy that inherited it is not."""
    name = fresh()
    vm = maker.vm(name=name)
    disk = disk_of(stack, maker, vm)
    with _refused_disk(stack, maker, disk), pytest.raises(errors.XenflowError):
        stack.do(FLOW, vm=vm, delete_disks=True)
    copy = maker.uuid("VDI", stack.xenserver("VDI.clone", maker.ref("VDI", disk), {}))

    answer = stack.do(FLOW, vm=vm if spelling == "uuid" else name, delete_disks=True)

    assert maker.gone("VDI", disk)
    assert not maker.gone("VDI", copy)
    assert (answer["uuid"], uuids(answer["deleted"])) == (vm, [disk])
    assert answer["return_result"].startswith(f"VM {name} was gone already; disks deleted: web02")
    with pytest.raises(errors.Missing):
        stack.do(FLOW, vm=vm, delete_disks=True)


@pytest.mark.parametrize(
    ("verb", "shutdown"),
    [
        ("destroy", "no"),
        ("destroy", "force"),
        ("hard_shutdown", "force"),
        ("clean_shutdown", "clean"),
    ],
)
def test_what_the_vm_blocks_is_refused_before_anything_is_done(
    stack: StackHarness, maker: Maker, verb: str, shutdown: str
) -> None:
    """A VM that must not be destroyed is not shut down for it either."""
    vm = maker.running()
    stack.xenserver("VM.add_to_blocked_operations", maker.ref("VM", vm), verb, "by order")
    before = stack.xenserver.inventory()

    with pytest.raises(errors.Refused, match=rf"blocks {verb} \(by order\)") as caught:
        stack.do(FLOW, vm=vm, delete_disks=True, shutdown=shutdown)

    assert caught.value.code == "OPERATION_BLOCKED"
    assert maker.record("VM", vm)["power_state"] == "Running"
    assert stack.xenserver.inventory() == before


def test_storage_that_is_not_attached_is_found_before_anything_is_done(
    stack: StackHarness, maker: Maker
) -> None:
    """A disk on it could not go."""
    sr = maker.ref("SR", maker.named("SR", "Local storage xs3"))
    record = {"name_label": fresh(), "SR": sr, "virtual_size": 1 << 30, "type": "user"}
    flags = {"sharable": False, "read_only": False, "other_config": {}}
    disk = stack.xenserver("VDI.create", {**record, **flags})
    vm = maker.vm()
    maker.drive(vm, VDI=disk)
    [pbd] = stack.xenserver("SR.get_PBDs", sr)
    stack.xenserver("PBD.unplug", pbd)

    try:
        with pytest.raises(errors.Refused, match="SR Local storage xs3 is attached to no host"):
            stack.do(FLOW, vm=vm, delete_disks=True)
        assert not maker.gone("VM", vm)
        answer = stack.do(FLOW, vm=vm)
        assert len(answer["kept"]) == 2
    finally:
        stack.xenserver("PBD.plug", pbd)


def test_snapshots_go_with_the_disks(stack: StackHarness, maker: Maker) -> None:
    """Their disks go too; the answer lists every object that goes."""
    before = stack.xenserver.inventory()
    vm = maker.running()
    for verb in ("VM.snapshot", "VM.checkpoint"):
        stack.xenserver(verb, maker.ref("VM", vm), "before")

    answer = stack.do(FLOW, vm=vm, delete_disks=True, shutdown="force")

    assert stack.xenserver.inventory() == before
    assert [one["name_label"] for one in answer["deleted_snapshots"]] == ["before", "before"]
    assert len(answer["deleted"]) == 4
    assert (answer["kept"], answer["kept_snapshots"]) == ([], [])
    assert answer["return_result"].endswith("; snapshots deleted: before (2)")


def test_the_disks_of_a_snapshot_that_takes_its_time_to_go_are_waited_for(
    stack: StackHarness, maker: Maker
) -> None:
    """One with memory holds its disks until it is gone; disks and snapshots go side by side."""
    before = stack.xenserver.inventory()
    vm = maker.running()
    stack.xenserver("VM.checkpoint", maker.ref("VM", vm), "before")
    durations = stack.xenserver.control("durations", set={})

    stack.xenserver.control("durations", set={"VM.destroy": 20.0})
    try:
        stack.do(FLOW, vm=vm, delete_disks=True, shutdown="force")
    finally:
        default = durations.get("VM.destroy", durations["*"])
        stack.xenserver.control("durations", set={"VM.destroy": default})

    assert stack.xenserver.inventory() == before


@pytest.mark.parametrize("fields", [{}, {"delete_disks": True, "snapshots": "keep"}])
def test_snapshots_stay_where_that_is_wanted_and_are_listed(
    stack: StackHarness, maker: Maker, fields: dict[str, Any]
) -> None:
    vm = maker.vm()
    taken = maker.uuid("VM", stack.xenserver("VM.snapshot", maker.ref("VM", vm), "before"))
    disk = disk_of(stack, maker, taken)

    answer = stack.do(FLOW, vm=vm, **fields)

    assert not maker.gone("VM", taken)
    assert disk in uuids(answer["kept"])
    assert uuids(answer["kept_snapshots"]) == [taken]
    assert answer["return_result"].endswith("snapshots kept: before")


@pytest.mark.parametrize("by", ["uuid", "UUID", "name_label", "tag"])
def test_disks_that_are_to_be_kept_stay(stack: StackHarness, maker: Maker, by: str) -> None:
    """Named by UUID, name label or tag."""
    vm, kept = maker.vm(), maker.disk(name=fresh())
    maker.drive(vm, VDI=maker.ref("VDI", kept))
    stack.xenserver("VDI.add_tags", maker.ref("VDI", kept), "keep")
    record = {**maker.record("VDI", kept), "tag": "keep", "UUID": kept.upper()}

    answer = stack.do(FLOW, vm=vm, delete_disks=True, keep_disks=[record[by]])

    assert not maker.gone("VDI", kept)
    assert [(one["uuid"], one["why"]) for one in answer["kept"]] == [(kept, "it was to be kept")]
    assert len(answer["deleted"]) == 1


def test_a_disk_to_keep_that_the_vm_does_not_have_is_refused(
    stack: StackHarness, maker: Maker
) -> None:
    """It may be spelled wrongly, and would go."""
    vm = maker.vm()

    with pytest.raises(errors.Refused, match="has no dta; it has"):
        stack.do(FLOW, vm=vm, delete_disks=True, keep_disks=["dta"])

    assert not maker.gone("VM", vm)


def test_a_disk_that_is_released_late_is_waited_for(stack: StackHarness, maker: Maker) -> None:
    """Its storage holds it for some seconds after the VM was shut down."""
    vm = maker.running()
    disk = disk_of(stack, maker, vm)
    fault = {"what": "refuse", "method": "Async.VDI.destroy", "code": "VDI_IN_USE", "count": 2}
    ref = maker.ref("VDI", disk)
    stack.xenserver.control("fault", **fault, object=ref, params=[ref, "destroy"])

    stack.do(FLOW, vm=vm, delete_disks=True, shutdown="force")

    assert maker.gone("VDI", disk)


@contextmanager
def _refused_disk(stack: StackHarness, maker: Maker, disk: str) -> Iterator[None]:
    """Make XenServer refuse to destroy a disk while the block runs."""
    ref = maker.ref("VDI", disk)
    fault = {"what": "refuse", "method": "Async.VDI.destroy", "code": "VDI_HAS_RRDS"}
    stack.xenserver.control("fault", **fault, object=ref, params=[ref], count=-1)
    try:
        yield
    finally:
        stack.xenserver.control("clear")


def _disk_in(stack: StackHarness, maker: Maker, drive: str) -> str:
    return maker.uuid("VDI", stack.xenserver("VBD.get_VDI", maker.ref("VBD", drive)))


def _has_tools(stack: StackHarness, maker: Maker, vm: str) -> bool:
    allowed = stack.xenserver("VM.get_allowed_operations", maker.ref("VM", vm))
    return "clean_shutdown" in allowed
