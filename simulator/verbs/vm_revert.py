"""VM.revert: a VM becomes again what a snapshot kept (ocaml/xapi/xapi_vm_snapshot.ml)."""

from simulator import copies, disks, domains, gates, images, machines, memory
from simulator.call import Call
from simulator.errors import Failure
from simulator.tables import NULL, Database
from simulator.verbs import verb, vm_power


@verb("VM.revert")
async def revert(call: Call, snapshot: str) -> None:
    """Give a VM the disks, interfaces and settings that a snapshot kept; end it halted."""
    record = call.db.get("VM", snapshot)
    if not record["is_a_snapshot"]:
        raise Failure("VM_REVERT_FAILED", snapshot, NULL)
    vm = record["snapshot_of"]
    if not call.db.exists("VM", vm):
        vm = _born_again(call, snapshot)
    async with call.marking("VM", snapshot, "revert", also=[("VM", vm, "reverting")]):
        await call.work("VM.revert", cancellable=False)
        made = await _clones(call, snapshot, vm)
        _end_domain(call, vm)
        _replace_devices(call, snapshot, vm, made)
        _restore(call, snapshot, vm)
    vm_power.tell(call, vm, "VM_SNAPSHOT_REVERTED")


def _born_again(call: Call, snapshot: str) -> str:
    """Make the VM of a snapshot anew, under its old UUID."""
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


def _end_domain(call: Call, vm: str) -> None:
    if call.db.get("VM", vm)["power_state"] != "Halted":
        images.drop(call.db, vm)
        domains.halt(call.pool, vm)


def _replace_devices(call: Call, snapshot: str, vm: str, made: dict[str, str]) -> None:
    machines.drop_devices(call.db, vm)
    for kept, fresh in made.items():
        _take_over(call.db, call.db.get("VDI", kept)["snapshot_of"], fresh)
    copies.copy_drives(call.pool, snapshot, vm, made)
    copies.copy_interfaces(call.pool, snapshot, vm, keep_macs=True)


def _take_over(db: Database, old: str, fresh: str) -> None:
    """Put a disk in another's place: its snapshots are the new one's, and it goes."""
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
        copies.put_to_sleep(db, vm, disks.clone(call.pool, kept["suspend_VDI"]))
    gates.refresh(db, "VM", vm)
