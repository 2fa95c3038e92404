"""Operations on the virtual block devices of VMs: their disks and CD drives."""

from collections.abc import Generator, Iterable
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from tasks import hotplug
from tasks.device_numbers import AUTODETECT, on_a_free_number
from tasks.engine.declaration.answers import Created, Done, Found, done, found
from tasks.engine.declaration.field_types import (
    After,
    Bootable,
    Device,
    Ensures,
    Fields,
    Hard,
    Limit,
    OtherConfig,
    Unplugs,
    Uuid,
    VbdUuid,
    VdiName,
    VmName,
)
from tasks.engine.declaration.idempotence import unless_already
from tasks.engine.declaration.operation import Steps, Undo, operation
from tasks.engine.declaration.suspensions import Suspension
from tasks.retries import once_detached
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Mode = Annotated[Literal["RW", "RO"], Field(description="whether the guest may write")]
Type = Annotated[Literal["Disk", "CD", "Floppy"], Field(description="the type that the guest sees")]
Empty = Annotated[bool, Field(description="an empty drive, instead of `vdi`")]
Unpluggable = Annotated[bool, Field(description="whether it may be detached while the VM runs")]

CD = "3"
"""The number at which XenServer's templates have their CD drive."""

_IDE = (CD, "2", "1")  # where a guest without drivers sees a CD, but for the boot disk's number


def for_disk(numbers: Iterable[str]) -> list[str]:
    """Return device numbers in the order of disks: lowest first, that of the CD drive at last."""
    return sorted(numbers, key=lambda number: (number == CD, int(number)))


def for_cd(numbers: Iterable[str]) -> list[str]:
    """Return device numbers in the order of CD drives: that of the boot disk at last."""
    rank = {number: place for place, number in enumerate(_IDE)}
    return sorted(numbers, key=lambda n: (n == "0", rank.get(n, len(_IDE)), int(n)))


@operation(undo=Undo("xenserver.vbd.destroy", "vbd", (("unplug", True),)))
def create(
    xen: Xen,
    *,
    vm: VmName,
    vdi: VdiName | None = None,
    empty: Empty = False,
    device: Device = AUTODETECT,
    mode: Mode | None = None,
    type: Type = "Disk",
    bootable: Bootable = False,
    unpluggable: Unpluggable = True,
    other_config: OtherConfig | None = None,
    ensure: Ensures = False,
    must_run: hotplug.MustRun = False,
) -> Steps[Created]:
    """Attach a disk, or a drive that may be empty, to a VM; a running VM sees it once plugged.

    The mode is RW, or RO for a CD drive, unless one is given. With `ensure` a drive of the VM that
    holds the disk already, or an empty one if that is wanted, is answered with, whatever its device
    and mode; the answer has both.
    """
    _check_medium(vdi, empty=empty)
    machine, medium = xen.find.vm(vm), xen.find.vdi(vdi) if vdi else None
    if ensure and (there := _there(xen, machine, medium, type)):
        return there
    if must_run:
        hotplug.refuse_halted(xen, machine)
    device, made = yield from attach(
        xen,
        machine,
        medium,
        device,
        type=type,
        mode=mode or ("RO" if type == "CD" else "RW"),
        bootable=bootable,
        unpluggable=unpluggable,
        other_config=other_config or {},
    )
    return in_drive(xen.uuid.vbd(made), machine, medium, device, was_there=False)


def attach(
    xen: Xen,
    machine: ObjectRef,
    medium: ObjectRef | None,
    device: str,
    *,
    type: Type,
    **fields: object,
) -> Generator[Suspension, Any, tuple[str, str]]:
    """Make a drive with a medium, or an empty one; return its device number and reference."""
    record: dict[str, object] = {
        "VM": machine,
        "VDI": medium,
        "userdevice": device,
        "type": type,
        "unpluggable": True,
        "empty": medium is None,
        "other_config": {},
        "qos_algorithm_type": "",
        "qos_algorithm_params": {},
        **fields,
    }
    if device != AUTODETECT:
        return device, (yield xen.Async.VBD.create(record))
    return (
        yield from on_a_free_number(
            lambda: _free(xen, machine, type),
            lambda number: xen.Async.VBD.create(record | {"userdevice": number}),
        )
    )


def _there(xen: Xen, machine: ObjectRef, medium: ObjectRef | None, type: Type) -> Created | None:
    """Return the drive of a VM that holds the medium, or is empty as wanted, if there is one."""
    where = {"VM": machine, "VDI": medium} if medium else {"VM": machine, "type": type}
    for drive in xen.search.vbd(where=where, fields=("userdevice", "mode", "empty")):
        if medium is None and not drive["empty"]:
            continue
        uuid, device = str(drive["uuid"]), str(drive["userdevice"])
        there = in_drive(uuid, machine, medium, device, was_there=True)
        return there.model_copy(update={"mode": str(drive["mode"])})
    return None


def in_drive(
    uuid: str, machine: ObjectRef, medium: ObjectRef | None, device: str, *, was_there: bool
) -> Created:
    """Return the answer that shows a drive and what is in it."""
    return Created(
        return_result=uuid,
        uuid=uuid,
        vm=machine.uuid,
        vdi=medium.uuid if medium else None,
        device=device,
        was_there=was_there,
    )


def _free(xen: Xen, machine: ObjectRef, type: Type) -> list[str]:
    """Return the free numbers in the order in which they are taken."""
    return (for_cd if type == "CD" else for_disk)(xen.VM.get_allowed_VBD_devices(machine))


def _check_medium(vdi: str | None, *, empty: bool) -> None:
    if (vdi is None) != empty:
        raise errors.invalid("vdi: name one, or give empty=true for an empty drive")


@operation()
def destroy(xen: Xen, *, vbd: VbdUuid, unplug: Unplugs = False) -> Steps[Done]:
    """Destroy a virtual block device but not its disk; with `unplug` also one that is attached."""
    drive = xen.find.vbd(vbd)
    if unplug and xen.VBD.get_currently_attached(drive):
        detached = ("DEVICE_ALREADY_DETACHED", drive.ref)
        yield from unless_already(detached, xen.Async.VBD.unplug(drive))
    yield xen.Async.VBD.destroy(drive)
    return done("VBD Destroyed", drive)


@operation()
def eject(xen: Xen, *, vbd: VbdUuid, ensure: Ensures = False) -> Steps[Done]:
    """Eject the medium of a CD drive."""
    drive = xen.find.vbd(vbd)
    empty = ("VBD_IS_EMPTY", drive.ref)
    passed = yield from unless_already(empty, xen.Async.VBD.eject(drive), ensure=ensure)
    return done("VBD already empty" if passed == "already" else "VBD ejected", drive)


@operation()
def insert(xen: Xen, *, vbd: VbdUuid, vdi: VdiName, ensure: Ensures = False) -> Steps[Done]:
    """Insert a medium into an empty CD drive."""
    drive, medium = xen.find.vbd(vbd), xen.find.vdi(vdi)
    try:
        yield xen.Async.VBD.insert(drive, medium)
    except errors.Refused as refused:
        is_full = refused.code == "VBD_NOT_EMPTY"
        if not ensure or not is_full or xen.VBD.get_VDI(drive) != medium.ref:
            raise
        return done("Media already inserted", drive)
    return done("Media inserted", drive)


@operation()
def plug(xen: Xen, *, vbd: VbdUuid, ensure: Ensures = False) -> Steps[Done]:
    """Attach a virtual block device to its running VM.

    If the disk was detached from another VM a moment ago, the operation waits.
    """
    drive = xen.find.vbd(vbd)
    attached = partial(xen.VBD.get_currently_attached, drive)
    did = yield from hotplug.plug(_plugged(xen, drive), attached, ensure=ensure)
    return done(f"VBD {did}", drive)


def _plugged(xen: Xen, drive: ObjectRef) -> Generator[Suspension, Any, None]:
    call = xen.Async.VBD.plug(drive)
    yield from once_detached(xen, lambda: str(xen.VBD.get_VDI(drive)), call)


@operation(internal=True)
def plug_if_running(
    xen: Xen,
    *,
    vbd: VbdUuid,
    must_run: hotplug.MustRun = False,
    was_there: hotplug.WasThere = False,
) -> Steps[hotplug.Plugged]:
    """Attach a drive to its VM if that runs; one that does not sees the drive when it starts.

    With `must_run`, a VM that is not running is refused. A drive that `was_there` is not touched.
    """
    drive = xen.find.vbd(vbd)
    record = xen.VBD.get_record(drive)
    plugged = record["currently_attached"]
    if not was_there and not plugged:
        plugged = yield from hotplug.plug_if_running(
            xen, record["VM"], _plugged(xen, drive), must_run=must_run
        )
    return hotplug.Plugged(
        return_result=hotplug.outcome("VBD", plugged=plugged, was_there=was_there),
        uuid=drive.uuid,
        vm=xen.uuid.vm(record["VM"]),
        device=record["userdevice"],
        vdi=None if record["empty"] else xen.uuid.vdi(record["VDI"]),
        plugged=plugged,
        was_there=was_there,
    )


@operation()
def unplug(xen: Xen, *, vbd: VbdUuid, force: Hard = False, ensure: Ensures = False) -> Steps[Done]:
    """Detach a virtual block device from its running VM; `force` does not wait for the guest."""
    drive = xen.find.vbd(vbd)
    call = xen.Async.VBD.unplug_force(drive) if force else xen.Async.VBD.unplug(drive)
    attached = partial(xen.VBD.get_currently_attached, drive)
    did = yield from hotplug.unplug(call, attached, ensure=ensure)
    return done(f"VBD {did}", drive)


@operation(queue="find")
def find(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    vm: VmName | None = None,
    vdi: VdiName | None = None,
    type: Type | None = None,
    device: Device | None = None,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find virtual block devices; without criteria, all of them. A device may be 0 or xvda."""
    records = xen.search.vbd(
        uuid=uuid,
        where={"VM": vm and xen.find.vm(vm), "VDI": vdi and xen.find.vdi(vdi), "type": type},
        fits=lambda record: device in {None, record["userdevice"], record["device"]},
        fields=fields,
        limit=limit,
        after=after,
    )
    return found(records, "VBD", limit)
