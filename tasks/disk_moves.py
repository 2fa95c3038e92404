"""Moving a virtual disk to another storage repository, under a running VM or while nobody uses it.

XenServer moves the disk of a running VM by itself. One that no VM uses is copied, the drives of
halted VMs are made anew with the copy in them, and the old disk is destroyed at last. Until then
the copy says where it came from (`ORIGIN`) and, while drives are changed, which ones (`DRIVES`): so
that an attempt that fails anywhere is undone as a whole.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from tasks import storage_choice
from tasks.device_numbers import on_a_free_number
from tasks.engine.declaration.answers import Answer, Done, OptionalNameLabel, done
from tasks.engine.declaration.field_types import Ensures, SrName, VdiName
from tasks.engine.declaration.operation import Steps, Undo, operation
from tasks.engine.declaration.suspensions import Suspension
from tasks.removals import Failure, Removal, attempt
from tasks.retries import once_detached
from xenserver import errors, values
from xenserver.client import Xen
from xenserver.objects import ObjectRef

ORIGIN = "xenflow:moved-from"
DRIVES = "xenflow:drives"
TARGET_SR = Annotated[
    SrName, Field(description="the storage repository to move it to, or a rule such as @room")
]

_MOVABLE = frozenset({"user", "system", "ephemeral"})
_OF_DRIVES = (
    *("VM", "userdevice", "mode", "type", "bootable", "unpluggable", "other_config"),
    *("qos_algorithm_type", "qos_algorithm_params"),
)
_KEPT = ("name_label", "name_description", "virtual_size", "type", "sharable", "xenstore_data")

Record = Mapping[str, Any]


class Moved(Answer):
    """A disk is on another storage repository, under a UUID of its own."""

    uuid: str = Field(description="the disk on the new repository")
    name_label: OptionalNameLabel = None
    sr: str = Field(description="the storage repository, by UUID")
    moved_from: str | None = Field(None, description="the UUID that the disk had before")
    left: Failure | None = Field(None, description="why the old disk is still there, if it is")


@dataclass(frozen=True)
class _Disk:
    """A disk that is to move, its record, and the drives that hold it, by reference."""

    itself: ObjectRef
    record: Record
    drives: Mapping[str, Record]

    def refusal(self, problem: str) -> errors.XenflowError:
        """Return the error for a disk that cannot be moved."""
        text = f"vdi: disk {self.record['name_label']} cannot be moved: {problem}"
        return errors.invalid(f"vdi: {problem}", text=text)


@operation(
    name="xenserver.vdi.move",
    undo=Undo("xenserver.vdi.undo_move", "vdi", finished=False, only="VDI"),
)
def move(xen: Xen, *, vdi: VdiName, sr: TARGET_SR, ensure: Ensures = False) -> Steps[Moved]:
    """Move a virtual disk to another storage repository; a running VM that uses it keeps running.

    The disk gets another UUID, which the answer has; drives of VMs hold it as they held the old
    one, which is destroyed last. Snapshots of a VM that runs move along with its disk; where no
    running VM uses a disk, they have to go first.
    """
    found = xen.find.vdi(vdi)
    record = xen.VDI.get_record(found)
    where = storage_choice.choose(xen, sr, int(record["virtual_size"]))
    drives = {ref: xen.VBD.get_record(ref) for ref in record["VBDs"]}
    disk = _Disk(found, record, drives)
    if record["SR"] == where.ref:
        return _stays(disk, where, ensure=ensure)
    _refuse_unmovable(xen, disk)
    attached = [drive for drive in drives.values() if drive["currently_attached"]]
    if attached:
        _refuse_held(xen, disk, [drive["VM"] for drive in attached])
        return (yield from _under_a_vm(xen, disk, where))
    return (yield from _while_unused(xen, disk, where))


def _stays(disk: _Disk, where: ObjectRef, *, ensure: bool) -> Moved:
    if not ensure:
        raise disk.refusal(f"it is on {where} already")
    return _moved(f"VDI already on {where}", disk.record["uuid"], disk, where)


def _moved(
    text: str, uuid: str, disk: _Disk, where: ObjectRef, left: Failure | None = None
) -> Moved:
    before = disk.record["uuid"]
    return Moved(
        return_result=text,
        uuid=uuid,
        name_label=disk.record["name_label"],
        sr=where.uuid,
        moved_from=before if before != uuid else None,
        left=left,
    )


def _refuse_unmovable(xen: Xen, disk: _Disk) -> None:
    """Refuse what is not a disk of its own: snapshots, media, images of memory."""
    record = disk.record
    if record["is_a_snapshot"]:
        raise disk.refusal("it is a snapshot, which stays with its disk")
    if record["type"] not in _MOVABLE:
        raise disk.refusal(f"it is of type {record['type']}, which XenServer manages itself")
    if xen.SR.get_content_type(record["SR"]) == "iso":
        raise disk.refusal("it is a medium in a library")


def _refuse_held(xen: Xen, disk: _Disk, vms: list[str]) -> None:
    """Refuse a disk that several VMs hold, or one that neither runs nor is halted."""
    if len(vms) > 1:
        raise errors.from_api("VDI_IN_USE", [disk.itself.ref, "move"])
    state = xen.VM.get_power_state(vms[0])
    if state != "Running":
        raise errors.from_api("VM_BAD_POWER_STATE", [vms[0], "halted, running", state.lower()])


def _under_a_vm(xen: Xen, disk: _Disk, where: ObjectRef) -> Steps[Moved]:
    """Have XenServer move a disk that a running VM uses; its drive holds what is there then."""
    drive = next(ref for ref, one in disk.drives.items() if one["currently_attached"])
    yield xen.Async.VDI.pool_migrate(disk.itself, where, {})
    there = xen.VBD.get_VDI(drive)
    if xen.VDI.get_SR(there) != where.ref:
        raise errors.from_api("XENFLOW_VANISHED", ["VDI.pool_migrate"])
    return _moved("VDI moved", xen.uuid.vdi(there), disk, where)


def _while_unused(xen: Xen, disk: _Disk, where: ObjectRef) -> Steps[Moved]:
    """Copy a disk that nobody uses, and put the copy in its place."""
    if disk.record["snapshots"]:
        count = len(disk.record["snapshots"])
        problem = f"it has {count} snapshot{'' if count == 1 else 's'}, which would lose their disk"
        raise disk.refusal(f"{problem}; destroy them, or move it while its VM runs")
    booted = _boots(xen, disk)
    copy = yield xen.Async.VDI.create(_copied(disk, where))
    copying = xen.Async.VDI.copy(disk.itself, where, None, copy)
    yield from once_detached(xen, disk.itself.ref, copying)
    if _boots(xen, disk) != booted:
        raise disk.refusal("its VM ran meanwhile, and wrote to it")
    yield from _exchange(xen, disk, copy)
    part = Removal(kind="disk", uuid=disk.record["uuid"], name_label=disk.record["name_label"])
    destruction = xen.Async.VDI.destroy(disk.itself)
    removed = yield from attempt(part, once_detached(xen, disk.itself.ref, destruction))
    text = "VDI moved; the old one is left" if removed.failure else "VDI moved"
    return _moved(text, xen.uuid.vdi(copy), disk, where, removed.failure)


def _boots(xen: Xen, disk: _Disk) -> list[str]:
    """Return when each VM that has the disk was started last."""
    metrics = [xen.VM.get_metrics(drive["VM"]) for drive in disk.drives.values()]
    return [xen.VM_metrics.get_start_time(ref) for ref in metrics if ref != values.NULL]


def _copied(disk: _Disk, where: ObjectRef) -> dict[str, Any]:
    record = disk.record
    return {
        **{name: record[name] for name in _KEPT if name in record},
        "SR": where,
        "read_only": False,
        "sm_config": {},
        "tags": record.get("tags", []),
        "other_config": {**record["other_config"], ORIGIN: record["uuid"]},
    }


def _exchange(xen: Xen, disk: _Disk, copy: str) -> Generator[Suspension, Any, None]:
    """Make each drive anew with the copy in it; the copy is a disk like others at the end.

    A VM always has a drive with one of the two: the new drive has another number until the old one
    is gone.
    """
    drives = {ref: _anew(drive) for ref, drive in disk.drives.items()}
    config = xen.VDI.get_other_config(copy)
    xen.VDI.set_other_config(copy, {**config, DRIVES: json.dumps(list(drives.values()))})
    for ref, drive in drives.items():
        new = yield from _beside(xen, {**drive, "VDI": copy})
        yield xen.Async.VBD.destroy(ref)
        xen.VBD.set_userdevice(new, drive["userdevice"])
    if disk.record.get("on_boot") == "reset":
        xen.VDI.set_on_boot(copy, "reset")
    if disk.record["read_only"]:
        xen.VDI.set_read_only(copy, True)  # noqa: FBT003 - in wire order
    xen.VDI.set_other_config(copy, {key: config[key] for key in config if key != ORIGIN})


def _beside(xen: Xen, drive: Record) -> Generator[Suspension, Any, str]:
    """Make a drive on any number that its VM has free; return its reference."""
    _, made = yield from on_a_free_number(
        lambda: xen.VM.get_allowed_VBD_devices(drive["VM"])[::-1],
        lambda number: xen.Async.VBD.create({**drive, "userdevice": number}),
    )
    return str(made)


def _anew(drive: Record) -> dict[str, Any]:
    return {**{name: drive[name] for name in _OF_DRIVES}, "empty": False}


@operation(name="xenserver.vdi.undo_move", internal=True)
def undo_move(xen: Xen, *, vdi: VdiName) -> Steps[Done]:
    """Undo an attempt to move a disk: put the old one back into its drives, destroy the copy.

    What has moved stays: the old disk may be gone.
    """
    copy = xen.find.vdi(vdi)
    config = xen.VDI.get_other_config(copy)
    if ORIGIN not in config:
        raise errors.from_api("VDI_IN_USE", [copy.ref, "undo"], text="the disk has moved")
    old = xen.find.vdi(config[ORIGIN])
    for drive in json.loads(config.get(DRIVES, "[]")):
        yield from _put_back(xen, copy, old, drive)
    yield from once_detached(xen, copy.ref, xen.Async.VDI.destroy(copy))
    return done("Move undone", copy)


def _put_back(
    xen: Xen, copy: ObjectRef, old: ObjectRef, drive: Record
) -> Generator[Suspension, Any, None]:
    """Have a VM hold the old disk as it did before."""
    there = {ref: xen.VBD.get_record(ref) for ref in xen.VM.get_VBDs(drive["VM"])}
    for ref, one in there.items():
        if one["VDI"] == copy.ref:
            yield xen.Async.VBD.destroy(ref)
    others = [one for one in there.values() if one["VDI"] != copy.ref]
    if drive["userdevice"] not in {one["userdevice"] for one in others}:
        yield xen.Async.VBD.create({**drive, "VDI": old})
