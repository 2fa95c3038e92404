"""Verbs of a VM that make another one like it, or bring back what it was."""

from simulator import copies, disks, images, machines
from simulator.call import Call, Mark
from simulator.errors import Failure
from simulator.rules import storage
from simulator.verbs import verb, vm_power


@verb("VM.clone")
async def clone(call: Call, vm: str, new_name: str) -> str:
    """Make a VM like a halted one, on disks that share its blocks."""
    async with call.marking("VM", vm, "clone"):
        made = await copies.copy_disks(call, vm, "clone")
        return await _finish(call, copies.clone(call.pool, vm, new_name, made), "clone")


@verb("VM.copy")
async def copy(call: Call, vm: str, new_name: str, sr: str) -> str:
    """Make a VM like a halted one, on full copies of its disks."""
    if call.db.exists("SR", sr) and call.db.get("SR", sr)["content_type"] == "iso":
        raise Failure("OPERATION_NOT_ALLOWED", "Cannot copy a VM's disks to an ISO SR")
    async with call.marking("VM", vm, "copy"):
        made = await copies.copy_disks(call, vm, "copy", sr=sr)
        return await _finish(call, copies.clone(call.pool, vm, new_name, made), "copy")


@verb("VM.snapshot")
async def snapshot(call: Call, vm: str, new_name: str, ignore_vdis: list[str] | None = None) -> str:
    """Keep a VM as it is now, in whatever state."""
    async with call.marking("VM", vm, "snapshot"):
        made = await copies.copy_disks(call, vm, "snapshot", without=ignore_vdis or ())
        kept = copies.snapshot(call.pool, vm, new_name, made)
        await _finish(call, kept, "snapshot")
    vm_power.tell(call, vm, "VM_SNAPSHOTTED")
    return kept


@verb("VM.checkpoint")
async def checkpoint(call: Call, vm: str, new_name: str) -> str:
    """Keep a VM as it is now, its memory too; it sleeps meanwhile."""
    async with call.marking("VM", vm, "checkpoint"):
        _assert_can_snapshot(call, vm)
        before = call.db.get("VM", vm)["power_state"]
        image = _fall_asleep(call, vm)
        try:
            kept = await _keep(call, vm, new_name, image)
        finally:
            _wake(call, vm, before)
        await _finish(call, kept, "checkpoint")
    vm_power.tell(call, vm, "VM_CHECKPOINTED")
    return kept


def _assert_can_snapshot(call: Call, vm: str) -> None:
    for disk in copies.disks_of(call.db, vm):
        home = call.db.get("SR", call.db.get("VDI", disk)["SR"])
        if not storage.can(home, "vdi_snapshot"):
            raise Failure("SR_OPERATION_NOT_SUPPORTED", vm)


async def _keep(call: Call, vm: str, new_name: str, image: str) -> str:
    """Make a checkpoint of a VM that sleeps in this image."""
    memory = disks.clone(call.pool, image)
    try:
        made = await copies.copy_disks(call, vm, "snapshot")
    except BaseException:
        disks.drop(call.db, memory)
        raise
    kept = copies.snapshot(call.pool, vm, new_name, made)
    copies.put_to_sleep(call.db, kept, memory)
    return kept


def _fall_asleep(call: Call, vm: str) -> str:
    """Suspend a VM in place, unless it sleeps already; give its image."""
    if call.db.get("VM", vm)["power_state"] == "Suspended":
        return str(call.db.get("VM", vm)["suspend_VDI"])
    image = images.create(call.pool, vm)
    call.db.put("VM", vm, power_state="Suspended", suspend_VDI=image)
    return image


def _wake(call: Call, vm: str, before: str) -> None:
    if before != "Suspended":
        images.drop(call.db, vm)
        call.db.put("VM", vm, power_state=before)


async def _finish(call: Call, twin: str, op: str) -> str:
    """Spend the rest of the time with the new VM in sight; undo it if that is cut short."""
    call.db.put("VM", twin, current_operations={call.task: op})
    try:
        await call.work(f"VM.{op}", 1 - copies.DISK_SHARE.get(op, 0.0))
    except BaseException:
        _undo(call, twin)
        raise
    finally:
        call.release([Mark("VM", twin, op)])
    return twin


def _undo(call: Call, twin: str) -> None:
    if not call.db.exists("VM", twin):
        return
    record = call.db.get("VM", twin)
    owned = [*copies.disks_of(call.db, twin), record["suspend_VDI"]]
    if call.db.exists("VM", record["snapshot_of"]):
        call.db.put("VM", record["snapshot_of"], parent=record["parent"])
    machines.drop_vm(call.db, twin)
    copies.drop_disks(call.db, owned)
