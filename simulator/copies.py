"""What clones, copies, snapshots and checkpoints of a VM carry over (xapi_vm_clone.ml)."""

from collections.abc import Iterable, Mapping

from simulator import disks, machines, preconditions, sexpr, subtasks
from simulator.call import Call
from simulator.domains import NO_DOMAIN
from simulator.methods import vdi
from simulator.pool import Pool
from simulator.rules.view import peek, records
from simulator.tables import NULL, Database, Record

DISK_SHARE = {"clone": 0.1, "snapshot": 0.1, "copy": 0.9}
"""The part of a VM's method that goes into its disks: only a copy moves data."""

_RESET: Record = {
    "ha_always_run": False,
    "blocked_operations": {},
    "appliance": NULL,
    "order": 0,
    "start_delay": 0,
    "shutdown_delay": 0,
    "suspend_SR": NULL,
    "suspend_VDI": NULL,
    "version": 0,
    "resident_on": NULL,
    "scheduled_to_be_resident_on": NULL,
    "domid": NO_DOMAIN,
    "blobs": {},
    "is_default_template": False,
    "is_control_domain": False,
    "power_state": "Halted",
    "parent": NULL,
    "memory_overhead": 0,
}
_PRESENT = frozenset(
    {
        *("uuid", "metrics", "guest_metrics", "allowed_operations", "current_operations"),
        *("tags", "affinity", "parent", "children", "snapshots", "blobs", "consoles"),
        *("VBDs", "VIFs", "VUSBs", "VGPUs", "VTPMs", "crash_dumps", "attached_PCIs"),
        *("is_a_snapshot", "snapshot_of", "snapshot_time", "snapshot_info", "snapshot_metadata"),
        *("power_state", "suspend_VDI", "resident_on", "scheduled_to_be_resident_on", "domid"),
        *("is_control_domain", "is_default_template", "memory_overhead"),
    }
)
"""What belongs to the VM as it is now: a revert leaves it alone."""

_NOT_COPIED = frozenset({"uuid", "VBDs", "VIFs", "consoles", "snapshots", "children"})
_NOT_COPIED_OF_DEVICES = frozenset({"uuid", "allowed_operations", "current_operations", "metrics"})


async def copy_disks(
    call: Call, vm: str, op: str, *, sr: str = NULL, without: Iterable[str] = ()
) -> dict[str, str]:
    """Clone, snapshot or copy every disk of a VM, each in a subtask; undone if one fails."""
    wanted = [disk for disk in disks_of(call.db, vm) if disk not in without]
    made: dict[str, str] = {}
    try:
        for disk in wanted:
            made[disk] = await copy_disk(call, disk, op, sr=sr, scale=1 / len(wanted))
            call.running.progress(len(made) / len(wanted))
    except BaseException:
        drop_disks(call.db, made.values())
        raise
    return made


async def copy_disk(call: Call, disk: str, op: str, *, sr: str = NULL, scale: float = 1.0) -> str:
    """Clone, snapshot or copy a disk in a subtask of its own."""
    repository = sr if call.db.exists("SR", sr) else call.db.get("VDI", disk)["SR"]
    async with subtasks.run(call, f"Async.VDI.{op}") as part:
        return await vdi.duplicate(
            part, disk, op, work=f"VM.{op}", scale=scale * DISK_SHARE[op], sr=repository
        )


def disks_of(db: Database, vm: str) -> list[str]:
    """Return the disks, but not the media, of a VM."""
    drives = records(db, "VBD", db.get("VM", vm)["VBDs"])
    return [vbd["VDI"] for _, vbd in drives if vbd["type"] == "Disk" and not vbd["empty"]]


def drop_disks(db: Database, made: Iterable[str]) -> None:
    """Delete the disks that were made for a copy that failed."""
    for disk in made:
        if db.exists("VDI", disk):
            disks.drop(db, disk)


def clone(pool: Pool, vm: str, name: str, made: Mapping[str, str]) -> str:
    """Create the clone of a VM or template, on disks that are ready."""
    origin = pool.db.get("VM", vm)
    sleeps = origin["power_state"] == "Suspended" and not origin["is_a_snapshot"]
    image = disks.clone(pool, origin["suspend_VDI"]) if sleeps else None
    config = {**_inherited(origin), machines.MAC_SEED: pool.db.new_uuid()}
    if origin["is_a_template"]:
        config.setdefault("base_template_name", origin["name_label"])
    made_vm = _record(
        pool,
        vm,
        name_label=name,
        other_config=config,
        is_a_snapshot=False,
        snapshot_of=NULL,
        snapshot_info={},
        snapshot_metadata="",
    )
    _copy_devices(pool, vm, made_vm, made, keep_macs=False)
    if image:
        show_suspended(pool.db, made_vm, image)
    return made_vm


def snapshot(pool: Pool, vm: str, name: str, made: Mapping[str, str]) -> str:
    """Create the snapshot of a VM, on snapshots of its disks; it becomes the VM's parent."""
    origin = pool.db.get("VM", vm)
    kept = _record(
        pool,
        vm,
        name_label=name,
        other_config=_inherited(origin),
        is_a_template=True,
        is_a_snapshot=True,
        snapshot_of=vm,
        snapshot_time=pool.clock.iso(),
        snapshot_info=_circumstances(origin),
        snapshot_metadata=sexpr.dumps(origin),
        parent=origin["parent"],
    )
    pool.db.put("VM", vm, parent=kept)
    _copy_devices(pool, vm, kept, made, keep_macs=True)
    return kept


def show_suspended(db: Database, vm: str, image: str) -> None:
    """Mark a copy as suspended to an image of its own, with its devices attached."""
    db.put("VM", vm, power_state="Suspended", suspend_VDI=image)
    for cls in ("VBD", "VIF"):
        for ref, _ in records(db, cls, db.get("VM", vm)[f"{cls}s"]):
            db.put(cls, ref, currently_attached=True)
    preconditions.refresh(db, "VM", vm)


def _copy_devices(
    pool: Pool, source: str, target: str, made: Mapping[str, str], *, keep_macs: bool
) -> None:
    copy_drives(pool, source, target, made)
    copy_interfaces(pool, source, target, keep_macs=keep_macs)


def copy_drives(pool: Pool, source: str, target: str, made: Mapping[str, str]) -> None:
    """Copy the drives of a VM to another one, on the new disks; media stay."""
    for _, vbd in records(pool.db, "VBD", list(pool.db.get("VM", source)["VBDs"])):
        if vbd["type"] != "Disk":
            machines.new_vbd(pool, _device(vbd, target))
        elif vbd["VDI"] in made:
            owned = {**vbd["other_config"], "owner": ""}
            fields = {"VDI": made[vbd["VDI"]], "other_config": owned}
            machines.new_vbd(pool, {**_device(vbd, target), **fields})


def copy_interfaces(pool: Pool, source: str, target: str, *, keep_macs: bool) -> None:
    """Copy the interfaces of a VM to another one, with new MACs or the same."""
    for _, vif in records(pool.db, "VIF", list(pool.db.get("VM", source)["VIFs"])):
        fields = _device(vif, target) | ({} if keep_macs else {"MAC": ""})
        made = machines.new_vif(pool, fields)
        if keep_macs:
            pool.db.put("VIF", made, MAC_autogenerated=vif["MAC_autogenerated"])


def metadata(db: Database, snapshot: str) -> Record:
    """Return the record that a VM had when the snapshot was made."""
    return sexpr.loads(db.get("VM", snapshot)["snapshot_metadata"], db.model.classes["VM"])


def restored(db: Database, snapshot: str) -> Record:
    """Return the fields that a revert brings back."""
    kept = metadata(db, snapshot)
    fields = {name: value for name, value in kept.items() if name not in _PRESENT}
    return {**fields, "ha_always_run": False}


def _record(pool: Pool, vm: str, **fields: object) -> str:
    origin = pool.db.get("VM", vm)
    copied = {name: value for name, value in origin.items() if name not in _NOT_COPIED}
    fresh: Record = {"allowed_operations": [], "current_operations": {}}
    generation = f"{pool.random.getrandbits(63)}:{pool.random.getrandbits(63)}"
    made_vm = pool.db.create(
        "VM",
        {**copied, **_RESET, **fresh, **fields},
        generation_id=generation if origin["generation_id"] else "",
        metrics=_copy_of(pool.db, "VM_metrics", origin["metrics"]),
        guest_metrics=_copy_of(pool.db, "VM_guest_metrics", origin["guest_metrics"]),
    )
    if vm in pool.db.tools:
        pool.db.tools.add(made_vm)
    preconditions.refresh(pool.db, "VM", made_vm)
    return made_vm


def _copy_of(db: Database, cls: str, ref: str) -> str:
    record = peek(db, cls, ref)
    return db.create(cls, {**record, "uuid": ""}) if record else NULL


def _inherited(origin: Record) -> dict[str, str]:
    dropped = {"default_template", "xensource_internal"}
    return {key: value for key, value in origin["other_config"].items() if key not in dropped}


def _device(record: Record, vm: str) -> Record:
    kept = {name: value for name, value in record.items() if name not in _NOT_COPIED_OF_DEVICES}
    return {**kept, "VM": vm, "currently_attached": False}


def _circumstances(origin: Record) -> dict[str, str]:
    return {
        "power-state-at-snapshot": origin["power_state"],
        "disk-snapshot-type": "crash_consistent",
    }
