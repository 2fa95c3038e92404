"""VM.revert: restore a VM from a snapshot (ocaml/xapi/xapi_vm_snapshot.ml)."""

from simulator import copies, disks, machines, memory, preconditions, subtasks, vm_messages
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method, vm_power
from simulator.rules import storage
from simulator.tables import NULL, Database, Record


@method("VM.revert")
async def revert(call: Call, snapshot: str) -> None:
    """Restore the disks, interfaces and settings of a VM from a snapshot."""
    record = call.db.get("VM", snapshot)
    if not record["is_a_snapshot"]:
        raise Failure("VM_REVERT_FAILED", snapshot, NULL)
    vm = record["snapshot_of"]
    if not call.db.exists("VM", vm):
        vm = _recreate(call, snapshot)
    async with call.current_operation("VM", snapshot, "revert", also=[("VM", vm, "reverting")]):
        _assert_image(call, record)
        await _end_domain(call, vm)
        await call.work("VM.revert", cancellable=False)
        made = await _clones(call, snapshot, vm)
        _replace_devices(call, snapshot, vm, made)
        _restore(call, snapshot, vm)
    vm_messages.add(call, vm, "VM_SNAPSHOT_REVERTED", "reverted to a snapshot")


def _assert_image(call: Call, snapshot: Record) -> None:
    """Refuse a checkpoint whose memory cannot be read, before anything is replaced."""
    if snapshot["power_state"] == "Suspended":
        sr = call.db.get("VDI", snapshot["suspend_VDI"])["SR"]
        if not storage.is_plugged(call.db, call.db.get("SR", sr)):
            raise Failure("SR_HAS_NO_PBDS", sr)


def _recreate(call: Call, snapshot: str) -> str:
    """Create the VM of a snapshot again, under its old UUID."""
    kept = copies.metadata(call.db, snapshot)
    gone = call.db.get("VM", snapshot)["snapshot_of"]
    vm = machines.new_vm(call.pool, {**copies.restored(call.db, snapshot), "uuid": kept["uuid"]})
    for other in call.db.where("VM", snapshot_of=gone):
        call.db.put("VM", other, snapshot_of=vm)
    return vm


async def _clones(call: Call, snapshot: str, vm: str) -> dict[str, str]:
    try:
        return await copies.copy_disks(call, snapshot, "clone")
    except Failure as failure:
        raise Failure("VM_REVERT_FAILED", snapshot, vm) from failure


async def _end_domain(call: Call, vm: str) -> None:
    """Shut a VM down by force, in a call of its own, before its fields and disks are replaced."""
    if call.db.get("VM", vm)["power_state"] != "Halted":
        async with subtasks.run(call, "VM.hard_shutdown") as part:
            await vm_power.hard_shutdown(part, vm)


def _replace_devices(call: Call, snapshot: str, vm: str, made: dict[str, str]) -> None:
    machines.drop_devices(call.db, vm)
    for kept, fresh in made.items():
        _take_over(call.db, call.db.get("VDI", kept)["snapshot_of"], fresh)
    copies.copy_drives(call.pool, snapshot, vm, made)
    copies.copy_interfaces(call.pool, snapshot, vm, keep_macs=True)


def _take_over(db: Database, old: str, fresh: str) -> None:
    """Replace a disk by another one, which takes over its snapshots."""
    if not db.exists("VDI", old):
        return
    for kept in list(db.get("VDI", old)["snapshots"]):
        db.put("VDI", kept, snapshot_of=fresh)
    disks.drop(db, old)


def _restore(call: Call, snapshot: str, vm: str) -> None:
    db = call.db
    fields = {**copies.restored(db, snapshot), "parent": snapshot}
    db.put("VM", vm, **fields)
    db.put("VM", vm, memory_overhead=memory.overhead(db.get("VM", vm)))
    kept = db.get("VM", snapshot)
    if kept["power_state"] == "Suspended":
        copies.show_suspended(db, vm, disks.clone(call.pool, kept["suspend_VDI"]))
    preconditions.refresh(db, "VM", vm)
