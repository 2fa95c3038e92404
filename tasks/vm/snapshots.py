"""Snapshots of VMs: found, and destroyed with their disks."""

from collections.abc import Generator
from typing import Annotated, Any

from pydantic import Field

from config import queues
from tasks.engine.declaration.answers import Done, Found, done, found
from tasks.engine.declaration.field_types import (
    After,
    Fields,
    Label,
    Limit,
    Searches,
    SnapshotName,
    Uuid,
    VmName,
)
from tasks.engine.declaration.operation import Steps, operation
from tasks.engine.declaration.suspensions import Suspension
from tasks.removals import Removal, Removed, attempt
from tasks.retries import once_detached
from tasks.vm import leftovers, reading
from xenserver import errors, object_kinds
from xenserver.client import Xen
from xenserver.objects import ObjectRef

USEFUL = (
    *("uuid", "name_label", "name_description", "snapshot_of", "snapshot_time", "power_state"),
    *("tags", "allowed_operations"),
)
KeepDisks = Annotated[bool, Field(description="keep the disks of the snapshot")]


@operation(queue=queues.FIND)
def find_snapshots(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: Searches = False,
    vm: VmName | None = None,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find snapshots of VMs; without criteria, all of them."""
    records = xen.search.vm(
        uuid=uuid,
        name=name,
        is_search_expression=is_search_expression,
        where={"snapshot_of": vm and xen.find.vm(vm)},
        fits=object_kinds.is_a("snapshot"),
        fields=fields or USEFUL,
        limit=limit,
        after=after,
    )
    return found(records, "snapshot", limit)


@operation()
def destroy_snapshot(
    xen: Xen, *, snapshot: SnapshotName, keep_disks: KeepDisks = False
) -> Steps[Done]:
    """Destroy a snapshot of a VM, and its disks unless `keep_disks`; the VM stays.

    Where it ends early, the same message, sent again, destroys the disks that are left.
    """
    try:
        taken = xen.find.snapshot(snapshot)
    except errors.Missing as missing:
        left = None if keep_disks else leftovers.find_of_snapshot(xen, snapshot)
        if left is None or isinstance(missing, errors.Ambiguous):
            raise
        disks, taken = left.disks, ObjectRef("VM", "", left.uuid, left.name)
    else:
        disks = [] if keep_disks else _disks(xen, taken.ref)
        for disk in disks:
            uuid = xen.uuid.vdi(disk)
            leftovers.mark_disk(xen, disk, uuid, taken, leftovers.GOES_WITH_SNAPSHOT)
        yield xen.Async.VM.destroy(taken)
    for disk in disks:
        yield from once_detached(xen, disk, xen.Async.VDI.destroy(disk))
    return done("Snapshot destroyed", taken)


@operation(internal=True)
def destroy_snapshot_or_report(xen: Xen, *, snapshot: SnapshotName) -> Steps[Removed]:
    """Destroy a snapshot of a VM, but not its disks; answer with the failure if any."""
    try:
        taken = xen.find.snapshot(snapshot)
    except errors.Missing:
        return Removed(return_result=f"{snapshot} is gone", kind="snapshot", uuid=snapshot)
    part = Removal(kind="snapshot", uuid=taken.uuid, name_label=taken.name)
    return (yield from attempt(part, _destroyed(xen, taken.ref)))


def _destroyed(xen: Xen, snapshot: str) -> Generator[Suspension, Any, None]:
    yield xen.Async.VM.destroy(snapshot)


def _disks(xen: Xen, snapshot: str) -> list[str]:
    """Return the disks of a snapshot, and the image of its memory, that nothing else uses."""
    read = reading.Reader(xen)
    record = read.record("VM", snapshot)
    own = set(record["VBDs"])
    drives = read.records("VBD", sorted(own))
    refs = [d["VDI"] for d in drives if d["type"] == "Disk" and not d["empty"]]
    there = [r for r in dict.fromkeys([*refs, record["suspend_VDI"]]) if read.exists("VDI", r)]
    return [ref for ref in there if set(read.record("VDI", ref)["VBDs"]) <= own]
