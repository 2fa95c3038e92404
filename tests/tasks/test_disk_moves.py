"""Disks that move to another storage repository, under a running VM or while nobody uses them."""

from typing import Any

import pytest

from tasks import disk_moves, vdi
from tests.canvases.interference import cancel, endless, refused
from tests.stack import StackHarness
from tests.tasks.fixtures import ISO, LIBRARY, LOCAL, NFS, Maker, fresh
from tests.tasks.harness import Harness
from xenserver import errors


def drive_of(maker: Maker, vm: str, **fields: object) -> tuple[str, str]:
    """Give a VM a drive with a disk of its own; return the name of the disk, and the drive."""
    name = fresh()
    drive = maker.drive(vm, VDI=maker.ref("VDI", maker.disk(name=name)), **fields)
    return name, drive


def held(maker: Maker, vm: str) -> dict[str, dict[str, Any]]:
    """Return the disks of a VM by their names, each with its drive."""
    drives = (maker.call("VBD.get_record", ref) for ref in maker.record("VM", vm)["VBDs"])
    found = {}
    for drive in drives:
        disk = maker.call("VDI.get_record", drive["VDI"])
        found[disk["name_label"]] = {"disk": disk, "drive": drive}
    return found


def local(maker: Maker) -> str:
    return maker.ref("SR", maker.named("SR", LOCAL))


def test_the_disk_of_a_halted_vm_is_in_the_same_drive_afterwards(
    harness: Harness, maker: Maker
) -> None:
    """With all that was said of drive and disk, and no trace of the move."""
    vm = maker.vm()
    fields = {"userdevice": "5", "mode": "RO", "bootable": True, "other_config": {"a": "b"}}
    name, drive = drive_of(maker, vm, **fields)
    disk = maker.record("VBD", drive)["VDI"]
    harness.see("VDI.set_other_config", disk, {"c": "d"})
    harness.see("VDI.set_tags", disk, ["gold"])
    harness.see("VDI.set_read_only", disk, True)  # noqa: FBT003 - in wire order
    old = harness.see("VDI.get_record", disk)

    answer = harness.do(disk_moves.move, vdi=name, sr=LOCAL)

    new = held(maker, vm)[name]
    assert answer == {
        "return_result": "VDI moved",
        "uuid": new["disk"]["uuid"],
        "name_label": name,
        "sr": maker.named("SR", LOCAL),
        "moved_from": old["uuid"],
    }
    assert fields.items() <= new["drive"].items()
    changed = {key for key, value in new["disk"].items() if old[key] != value}
    of_storage = {"physical_utilisation", "allowed_operations"}
    assert changed == {"uuid", "location", "SR", "VBDs", *of_storage}
    assert new["disk"]["SR"] == local(maker)
    assert maker.gone("VDI", old["uuid"])


def test_a_disk_that_several_halted_vms_have_stays_theirs(harness: Harness, maker: Maker) -> None:
    one, other = maker.vm(), maker.vm()
    name, drive = drive_of(maker, one)
    maker.drive(other, VDI=maker.record("VBD", drive)["VDI"])

    answer = harness.do(disk_moves.move, vdi=name, sr=LOCAL)

    assert held(maker, one)[name]["disk"]["uuid"] == answer["uuid"]
    assert held(maker, other)[name]["disk"]["uuid"] == answer["uuid"]


def test_a_disk_that_no_vm_has_moves(harness: Harness, maker: Maker) -> None:
    disk = maker.disk()

    answer = harness.do(disk_moves.move, vdi=disk, sr=f"@room:{LOCAL}")

    assert maker.record("VDI", answer["uuid"])["SR"] == local(maker)
    assert maker.gone("VDI", disk)


def test_the_disk_of_a_running_vm_moves_under_it(harness: Harness, maker: Maker) -> None:
    """XenServer moves it; the VM runs on, and the drive stays plugged."""
    vm = maker.running()
    name, drive = drive_of(maker, vm)
    harness.see("VBD.plug", maker.ref("VBD", drive))

    answer = harness.do(disk_moves.move, vdi=name, sr=LOCAL)

    assert "Async.VDI.pool_migrate" in harness.client.heard
    assert harness.state(vm) == "Running"
    now = held(maker, vm)[name]
    assert now["disk"]["uuid"] == answer["uuid"]
    assert now["disk"]["SR"] == local(maker)
    assert now["drive"]["currently_attached"]


def test_a_drive_that_a_running_vm_does_not_see_is_made_anew(
    harness: Harness, maker: Maker
) -> None:
    """Nobody uses the disk, whatever the VM does."""
    vm = maker.running()
    name, _ = drive_of(maker, vm)

    answer = harness.do(disk_moves.move, vdi=name, sr=LOCAL)

    assert held(maker, vm)[name]["disk"]["uuid"] == answer["uuid"]


def test_ensure_counts_a_disk_that_is_there(harness: Harness, maker: Maker) -> None:
    """Without it, it is refused."""
    disk = maker.disk()

    answer = harness.do(disk_moves.move, vdi=disk, sr=NFS, ensure=True)

    assert answer["return_result"] == f"VDI already on {NFS}"
    assert answer["uuid"] == disk
    with pytest.raises(errors.Refused, match=f"it is on {NFS} already"):
        harness.do(disk_moves.move, vdi=disk, sr=NFS)


def test_a_disk_with_snapshots_moves_only_under_a_running_vm(
    harness: Harness, maker: Maker
) -> None:
    """The copy of a disk is not what its snapshots are of."""
    disk = maker.disk()
    harness.see("VDI.snapshot", maker.ref("VDI", disk))

    with pytest.raises(errors.Refused, match="it has 1 snapshot, which would lose their disk"):
        harness.do(disk_moves.move, vdi=disk, sr=LOCAL)


def test_what_is_no_disk_of_its_own_does_not_move(harness: Harness, maker: Maker) -> None:
    snapshot = harness.do(vdi.snapshot, vdi=maker.disk())["uuid"]

    for name, reason in ((snapshot, "it is a snapshot"), (ISO, "it is a medium in a library")):
        with pytest.raises(errors.Refused, match=reason):
            harness.do(disk_moves.move, vdi=name, sr=LOCAL)


def test_the_disk_of_a_suspended_vm_does_not_move(harness: Harness, maker: Maker) -> None:
    """Its image has the disk where it was."""
    [drive] = maker.record("VM", maker.suspended())["VBDs"]
    disk = maker.uuid("VDI", harness.see("VBD.get_VDI", drive))

    with pytest.raises(errors.Refused, match="is suspended; it must be halted or running"):
        harness.do(disk_moves.move, vdi=disk, sr=LOCAL)


def test_what_a_repository_refuses_is_refused(harness: Harness, maker: Maker) -> None:
    name = maker.disk_of_a_vm()
    before = harness.all("VBD")

    with pytest.raises(errors.Refused) as caught:
        harness.do(disk_moves.move, vdi=name, sr=LIBRARY)

    assert caught.value.code == "SR_OPERATION_NOT_SUPPORTED"
    assert harness.all("VBD") == before


def test_an_old_disk_that_cannot_go_is_named(harness: Harness, maker: Maker) -> None:
    """The move is done: the new disk is in its drive."""
    vm = maker.vm()
    name, _ = drive_of(maker, vm)
    [old] = harness.see("VDI.get_by_name_label", name)
    refusal = {"what": "refuse", "method": "VDI.destroy", "code": "SR_OPERATION_NOT_SUPPORTED"}
    harness.pool.do("fault", **refusal, params=["as the test has it"])

    answer = harness.do(disk_moves.move, vdi=maker.uuid("VDI", old), sr=LOCAL)

    assert answer["return_result"] == "VDI moved; the old one is left"
    assert answer["left"]["code"] == "SR_OPERATION_NOT_SUPPORTED"
    assert held(maker, vm)[name]["disk"]["uuid"] == answer["uuid"]
    assert not maker.gone("VDI", answer["moved_from"])


FAILING = (
    *("VDI.create", "VDI.copy", "VBD.destroy", "VBD.create", "VBD.set_userdevice"),
    *("VDI.set_other_config", "VM_metrics.get_start_time"),
)


@pytest.mark.parametrize("method", FAILING)
def test_a_move_that_fails_leaves_all_as_it_was(stack: StackHarness, method: str) -> None:
    """Wherever it fails: the old disk is in its drive, the copy is gone."""
    maker = Maker(stack.xenserver, stack.xenserver.control)
    name = maker.disk_of_a_vm()
    [before] = stack.xenserver.named("VDI", name)
    drive = stack.xenserver("VBD.get_record", before["VBDs"][0])

    with refused(stack.xenserver, method), pytest.raises(errors.XenflowError) as caught:
        stack.do("xenserver.vdi.move", vdi=name, sr=LOCAL)

    assert caught.value.code == "INTERNAL_ERROR"
    assert "could not be undone" not in caught.value.message
    [after] = stack.xenserver.named("VDI", name)
    [now] = [stack.xenserver("VBD.get_record", ref) for ref in after["VBDs"]]
    assert after["uuid"] == before["uuid"]
    assert (now["VM"], now["userdevice"]) == (drive["VM"], drive["userdevice"])


@pytest.mark.parametrize("method", ["VBD.create", "VBD.destroy", "VBD.set_userdevice"])
def test_a_vm_has_its_disk_wherever_a_move_that_keeps_what_it_made_fails(
    stack: StackHarness, method: str
) -> None:
    """The old one, or its copy: it starts with all its data."""
    maker = Maker(stack.xenserver, stack.xenserver.control)
    vm = maker.vm()
    name, _ = drive_of(maker, vm)

    with refused(stack.xenserver, method), pytest.raises(errors.XenflowError, match="kept: VDI"):
        stack.do("xenserver.vdi.move", vdi=name, sr=LOCAL, on_failure="keep")

    assert name in held(maker, vm)


def test_a_move_that_is_cancelled_while_it_keeps_what_it_made_leaves_the_vm_its_disk(
    stack: StackHarness,
) -> None:
    maker = Maker(stack.xenserver, stack.xenserver.control)
    vm = maker.vm()
    name, _ = drive_of(maker, vm)

    with endless(stack.xenserver, "VBD.destroy"):
        sent = stack.send("xenserver.vdi.move", vdi=name, sr=LOCAL, on_failure="keep")
        stack.until(lambda: len(maker.record("VM", vm)["VBDs"]) > 2, "the new drive")
        cancel(stack, sent)
        with pytest.raises(errors.Cancelled):
            sent.get(timeout=60)

    assert name in held(maker, vm)
