"""Operations on the virtual block devices of VMs: their disks and CD drives."""

from typing import Annotated, Literal

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
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Mode = Annotated[Literal["RW", "RO"], Field(description="whether the guest may write")]
Type = Annotated[Literal["Disk", "CD", "Floppy"], Field(description="what the guest sees")]
Empty = Annotated[bool, Field(description="a drive without a medium, in place of `vdi`")]
Unpluggable = Annotated[bool, Field(description="whether it may be detached while the VM runs")]

CD = "3"
"""The number at which XenServer's templates have their CD drive."""


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
) -> Steps[Created]:
    """Attach a disk, or a drive that may be empty, to a VM; a running VM sees it once plugged.

    The mode is RW, or RO for a CD drive, unless one is given. With `ensure` a drive of the VM that
    holds the disk already is answered with, whatever its device.
    """
    _check_medium(vdi, empty=empty)
    machine, medium = xen.find.vm(vm), xen.find.vdi(vdi) if vdi else None
    if ensure and medium and (there := _there(xen, machine, medium)):
        return there
    record = {
        "VM": machine,
        "VDI": medium,
        "userdevice": device,
        "bootable": bootable,
        "mode": mode or ("RO" if type == "CD" else "RW"),
        "type": type,
        "unpluggable": unpluggable,
        "empty": empty,
        "other_config": other_config or {},
        "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    }
    if device == AUTODETECT:
        device, made = yield from on_a_free_number(
            lambda: _free(xen, machine, type),
            lambda number: xen.Async.VBD.create(record | {"userdevice": number}),
        )
    else:
        made = yield xen.Async.VBD.create(record)
    return _in_drive(xen.uuid.vbd(made), machine, medium, device, was_there=False)


def _there(xen: Xen, machine: ObjectRef, medium: ObjectRef) -> Created | None:
    """Return the drive of a VM that holds the medium, if there is one."""
    where = {"VM": machine, "VDI": medium}
    for drive in xen.search.vbd(where=where, fields=("userdevice",)):
        uuid, device = str(drive["uuid"]), str(drive["userdevice"])
        return _in_drive(uuid, machine, medium, device, was_there=True)
    return None


def _in_drive(
    uuid: str, machine: ObjectRef, medium: ObjectRef | None, device: str, *, was_there: bool
) -> Created:
    return Created(
        return_result=uuid,
        uuid=uuid,
        vm=machine.uuid,
        vdi=medium.uuid if medium else None,
        device=device,
        was_there=was_there,
    )


def _free(xen: Xen, machine: ObjectRef, type: Type) -> list[str]:
    """Return the free numbers, lowest first, 3 at the end: it is left to the CD drive."""
    numbers = xen.VM.get_allowed_VBD_devices(machine)
    return sorted(numbers, key=lambda number: ((number == CD) != (type == "CD"), int(number)))


def _check_medium(vdi: str | None, *, empty: bool) -> None:
    if (vdi is None) != empty:
        words = "vdi: name one, or give empty=true for an empty drive"
        raise errors.from_api("XENFLOW_MESSAGE_INVALID", ["vdi: this, or empty"], words=words)


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
def eject(xen: Xen, *, vbd: VbdUuid) -> Steps[Done]:
    """Take the medium out of a CD drive."""
    drive = xen.find.vbd(vbd)
    yield xen.Async.VBD.eject(drive)
    return done("VBD ejected", drive)


@operation()
def insert(xen: Xen, *, vbd: VbdUuid, vdi: VdiName) -> Steps[Done]:
    """Put a medium into an empty CD drive."""
    drive = xen.find.vbd(vbd)
    yield xen.Async.VBD.insert(drive, xen.find.vdi(vdi))
    return done("Media inserted", drive)


@operation()
def plug(xen: Xen, *, vbd: VbdUuid) -> Steps[Done]:
    """Attach a virtual block device to its running VM."""
    drive = xen.find.vbd(vbd)
    yield xen.Async.VBD.plug(drive)
    return done("VBD plugged", drive)


@operation()
def plug_if_running(
    xen: Xen,
    *,
    vbd: VbdUuid,
    must_run: hotplug.MustRun = False,
    was_there: hotplug.WasThere = False,
) -> Steps[hotplug.Plugged]:
    """Attach a drive to its VM if that runs; one that does not sees the drive when it starts.

    With `must_run` a VM that does not run is refused. A drive that `was_there` is left alone.
    """
    drive = xen.find.vbd(vbd)
    record = xen.VBD.get_record(drive)
    plugged = record["currently_attached"]
    if not was_there:
        call = xen.Async.VBD.plug(drive)
        plugged = yield from hotplug.plug_if_running(
            xen, drive, record["VM"], call, must_run=must_run
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
def unplug(xen: Xen, *, vbd: VbdUuid, force: Hard = False) -> Steps[Done]:
    """Detach a virtual block device from its running VM; with `force` against the guest's will."""
    drive = xen.find.vbd(vbd)
    yield xen.Async.VBD.unplug_force(drive) if force else xen.Async.VBD.unplug(drive)
    return done("VBD unplugged", drive)


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
