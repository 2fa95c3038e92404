"""Operations on virtual disks."""

from typing import Annotated, Literal

from pydantic import Field

from tasks import storage_choice, tags
from tasks.engine.declaration.answers import Created, Done, Found, created, done, found
from tasks.engine.declaration.field_types import (
    After,
    Description,
    Fields,
    Label,
    Limit,
    Map,
    OtherConfig,
    Searches,
    Size,
    SrName,
    Text,
    Uuid,
    VdiName,
)
from tasks.engine.declaration.operation import Steps, Undo, operation
from tasks.removals import Removal, Removed, attempt
from tasks.retries import once_detached
from xenserver import errors
from xenserver.client import Xen

Type = Annotated[
    Literal["user", "system", "ephemeral", "suspend", "crashdump"],
    Field(description="its content type"),
]
Sharable = Annotated[bool, Field(description="whether several VMs may write to it at once")]
ReadOnly = Annotated[bool, Field(description="whether it is read-only")]
OfType = Annotated[Label, Field(description="its content type: user, system, ...")]
SmConfig = Annotated[Map, Field(description="parameters for the storage backend of the SR")]


@operation(undo=Undo("xenserver.vdi.destroy", "vdi"))
def create(
    xen: Xen,
    *,
    name: Label,
    sr: SrName,
    size: Size,
    description: Description = "",
    type: Type = "user",
    sharable: Sharable = False,
    read_only: ReadOnly = False,
    sm_config: SmConfig | None = None,
    other_config: OtherConfig | None = None,
) -> Steps[Created]:
    """Create a virtual disk on a storage repository."""
    record = {
        "name_label": name,
        "name_description": description,
        "SR": storage_choice.choose(xen, sr, size),
        "virtual_size": size,
        "type": type,
        "sharable": sharable,
        "read_only": read_only,
        "sm_config": sm_config or {},
        "other_config": other_config or {},
    }
    made = yield xen.Async.VDI.create(record)
    return created(xen.uuid.vdi(made), name=name)


@operation()
def resize(xen: Xen, *, vdi: VdiName, size: Size) -> Steps[Done]:
    """Grow a virtual disk to a size; a disk that has that size already is left unchanged."""
    disk = xen.find.vdi(vdi)
    now = int(xen.VDI.get_virtual_size(disk))
    if size < now:
        problem = f"size: disk {disk} has {now} bytes, and a disk cannot be made smaller"
        raise errors.invalid(problem)
    if size == now:
        return done("VDI has that size already", disk)
    yield from once_detached(xen, disk.ref, xen.Async.VDI.resize(disk, size))
    return done("VDI resized", disk)


@operation(undo=Undo("xenserver.vdi.destroy", "vdi"))
def copy(xen: Xen, *, vdi: VdiName, sr: SrName | None = None, name: Label) -> Steps[Created]:
    """Copy a virtual disk in full, onto its own storage repository or onto `sr`."""
    source = xen.find.vdi(vdi)
    record = xen.VDI.get_record(source)
    size = int(record["virtual_size"])
    where = storage_choice.choose(xen, sr, size).ref if sr else record["SR"]
    copied = {
        "name_label": name,
        "name_description": record["name_description"],
        "SR": where,
        "virtual_size": size,
        "type": record["type"],
        "sharable": False,
        "read_only": False,
        "sm_config": {},
        "other_config": {},
    }
    made = yield xen.Async.VDI.create(copied)
    yield xen.Async.VDI.copy(source, where, None, made)
    return created(xen.uuid.vdi(made), name=name)


StorageParams = Annotated[Map, Field(description="parameters for the storage backend")]


@operation(undo=Undo("xenserver.vdi.destroy", "vdi"))
def clone(
    xen: Xen, *, vdi: VdiName, name: Label, driver_params: StorageParams | None = None
) -> Steps[Created]:
    """Copy a virtual disk on its own storage repository, sharing its blocks where that can."""
    made = yield xen.Async.VDI.clone(xen.find.vdi(vdi), driver_params or {})
    xen.VDI.set_name_label(made, name)
    return created(xen.uuid.vdi(made), name=name)


@operation(undo=Undo("xenserver.vdi.destroy", "vdi"))
def snapshot(
    xen: Xen,
    *,
    vdi: VdiName,
    name: Label | None = None,
    driver_params: StorageParams | None = None,
) -> Steps[Created]:
    """Snapshot a virtual disk, which a VM may be using; the name defaults to the disk's own."""
    disk = xen.find.vdi(vdi)
    made = yield xen.Async.VDI.snapshot(disk, driver_params or {})
    if name is not None:
        xen.VDI.set_name_label(made, name)
    return created(xen.uuid.vdi(made), name=name or xen.VDI.get_name_label(made))


TagsToAdd = Annotated[tuple[Label, ...], Field(description="tags to add")]
TagsToRemove = Annotated[tuple[Label, ...], Field(description="tags to remove")]


@operation()
def tag(xen: Xen, *, vdi: VdiName, add: TagsToAdd = (), remove: TagsToRemove = ()) -> Done:
    """Add tags to a virtual disk and remove others."""
    tags.check(add, remove)
    disk = xen.find.vdi(vdi)
    for one in dict.fromkeys(add):
        xen.VDI.add_tags(disk, one)
    for one in dict.fromkeys(remove):
        xen.VDI.remove_tags(disk, one)
    return done("Tags set", disk)


@operation()
def destroy(xen: Xen, *, vdi: VdiName) -> Steps[Done]:
    """Destroy a virtual disk that no running VM uses, and all data on it.

    If it was detached a moment ago, the operation waits until it is free.
    """
    disk = xen.find.vdi(vdi)
    yield from once_detached(xen, disk.ref, xen.Async.VDI.destroy(disk))
    return done("VDI Destroyed", disk)


@operation(internal=True)
def destroy_or_report(
    xen: Xen, *, vdi: VdiName, name_label: Annotated[Text, Field(description="its name")] = ""
) -> Steps[Removed]:
    """Destroy a virtual disk as one of many; answer with the failure if there is one."""
    try:
        disk = xen.find.vdi(vdi)
    except errors.Missing:
        return Removed(return_result=f"{vdi} is gone", kind="disk", uuid=vdi, name_label=name_label)
    part = Removal(kind="disk", uuid=disk.uuid, name_label=name_label)
    steps = once_detached(xen, disk.ref, xen.Async.VDI.destroy(disk))
    return (yield from attempt(part, steps))


@operation(queue="find")
def find(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: Searches = False,
    sr: SrName | None = None,
    type: OfType | None = None,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find virtual disks; without criteria, all of them."""
    records = xen.search.vdi(
        uuid=uuid,
        name=name,
        is_search_expression=is_search_expression,
        where={"SR": sr and xen.find.sr(sr), "type": type},
        fields=fields,
        limit=limit,
        after=after,
    )
    return found(records, "VDI", limit)


USEFUL = (
    *("uuid", "name_label", "name_description", "SR", "virtual_size", "physical_utilisation"),
    *("snapshot_of", "snapshot_time", "tags", "allowed_operations"),
)


@operation(queue="find")
def find_snapshots(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: Searches = False,
    vdi: VdiName | None = None,
    sr: SrName | None = None,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find snapshots of virtual disks, those of VMs included; without criteria, all of them."""
    records = xen.search.vdi(
        uuid=uuid,
        name=name,
        is_search_expression=is_search_expression,
        where={"snapshot_of": vdi and xen.find.vdi(vdi), "SR": sr and xen.find.sr(sr)},
        fits=lambda record: bool(record["is_a_snapshot"]),
        fields=fields or USEFUL,
        limit=limit,
        after=after,
    )
    return found(records, "snapshot", limit)
