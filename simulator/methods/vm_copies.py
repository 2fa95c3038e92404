"""VM.clone, copy, snapshot and checkpoint."""

from simulator import copies, disks, images, machines, vm_messages
from simulator.call import Call, CurrentOperation
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules import storage


@method("VM.clone")
async def clone(call: Call, vm: str, new_name: str) -> str:
    """Clone a halted VM, on disks that share its blocks."""
    async with call.current_operation("VM", vm, "clone"):
        made = await copies.copy_disks(call, vm, "clone")
        return await _finish(call, copies.clone(call.pool, vm, new_name, made), "clone")


@method("VM.copy")
async def copy(call: Call, vm: str, new_name: str, sr: str) -> str:
    """Copy a halted VM, on full copies of its disks."""
    async with call.current_operation("VM", vm, "copy"):
        if call.db.exists("SR", sr) and call.db.get("SR", sr)["content_type"] == "iso":
            raise Failure("OPERATION_NOT_ALLOWED", "Cannot copy a VM's disks to an ISO SR")
        made = await copies.copy_disks(call, vm, "copy", sr=sr)
        return await _finish(call, copies.clone(call.pool, vm, new_name, made), "copy")


@method("VM.snapshot")
async def snapshot(call: Call, vm: str, new_name: str, ignore_vdis: list[str] | None = None) -> str:
    """Take a snapshot of a VM in any power state."""
    async with call.current_operation("VM", vm, "snapshot"):
        made = await copies.copy_disks(call, vm, "snapshot", without=ignore_vdis or ())
        kept = copies.snapshot(call.pool, vm, new_name, made)
        await _finish(call, kept, "snapshot")
    vm_messages.add(call, vm, "VM_SNAPSHOTTED", "snapshotted")
    return kept


@method("VM.checkpoint")
async def checkpoint(call: Call, vm: str, new_name: str) -> str:
    """Take a checkpoint of a VM with its memory; it is suspended meanwhile."""
    async with call.current_operation("VM", vm, "checkpoint"):
        _assert_can_snapshot(call, vm)
        before = call.db.get("VM", vm)["power_state"]
        image = _suspend_in_place(call, vm)
        try:
            kept = await _keep(call, vm, new_name, image)
        finally:
            _wake(call, vm, before)
        await _finish(call, kept, "checkpoint")
    vm_messages.add(call, vm, "VM_CHECKPOINTED", "checkpointed")
    return kept


def _assert_can_snapshot(call: Call, vm: str) -> None:
    for disk in copies.disks_of(call.db, vm):
        home = call.db.get("SR", call.db.get("VDI", disk)["SR"])
        if not storage.can(home, "vdi_snapshot"):
            raise Failure("SR_OPERATION_NOT_SUPPORTED", vm)


async def _keep(call: Call, vm: str, new_name: str, image: str) -> str:
    """Create the checkpoint of a VM that is suspended in this image."""
    memory = disks.clone(call.pool, image)
    try:
        made = await copies.copy_disks(call, vm, "snapshot")
    except BaseException:
        disks.drop(call.db, memory)
        raise
    kept = copies.snapshot(call.pool, vm, new_name, made)
    copies.show_suspended(call.db, kept, memory)
    return kept


def _suspend_in_place(call: Call, vm: str) -> str:
    """Suspend a VM in place, unless it sleeps already; return its image."""
    if call.db.get("VM", vm)["power_state"] == "Suspended":
        return str(call.db.get("VM", vm)["suspend_VDI"])
    image = images.create(call.pool, vm)
    call.db.put("VM", vm, power_state="Suspended", suspend_VDI=image)
    return image


def _wake(call: Call, vm: str, before: str) -> None:
    if before != "Suspended":
        images.drop(call.db, vm)
        call.db.put("VM", vm, power_state=before)


async def _finish(call: Call, made_vm: str, op: str) -> str:
    """Wait for the rest of the duration with the new VM visible; delete it on failure."""
    call.db.put("VM", made_vm, current_operations={call.task: op})
    try:
        await call.work(f"VM.{op}", 1 - copies.DISK_SHARE.get(op, 0.0))
    except BaseException:
        _undo(call, made_vm)
        raise
    finally:
        call.release([CurrentOperation("VM", made_vm, op)])
    return made_vm


def _undo(call: Call, made_vm: str) -> None:
    if not call.db.exists("VM", made_vm):
        return
    record = call.db.get("VM", made_vm)
    owned = [*copies.disks_of(call.db, made_vm), record["suspend_VDI"]]
    if call.db.exists("VM", record["snapshot_of"]):
        call.db.put("VM", record["snapshot_of"], parent=record["parent"])
    machines.drop_vm(call.db, made_vm)
    copies.drop_disks(call.db, owned)
