"""A CD for a VM: put into a drive that it has, or into a new one."""

from collections.abc import Generator, Mapping
from typing import Annotated, Any

from pydantic import Field

from tasks import hotplug
from tasks import vbd as drives
from tasks.device_numbers import AUTODETECT
from tasks.engine.declaration.answers import Created
from tasks.engine.declaration.field_types import Bootable, Device, VdiName, VmName
from tasks.engine.declaration.operation import Steps, Undo, operation
from tasks.engine.declaration.suspensions import Suspension
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Drive = Mapping[str, Any]

Replace = Annotated[bool, Field(description="eject another medium from the drive first")]
NewDevice = Annotated[Device, Field(description="the device number, if a drive has to be created")]


@operation(undo=Undo("xenserver.vbd.destroy", "vbd", (("unplug", True),)))
def insert_cd(
    xen: Xen,
    *,
    vm: VmName,
    vdi: VdiName,
    device: Device = AUTODETECT,
    new_device: NewDevice = AUTODETECT,
    bootable: Bootable = False,
    replace: Replace = False,
    must_run: hotplug.MustRun = False,
) -> Steps[Created]:
    """Insert a CD into an empty drive of a VM; a drive is created only if the VM has none.

    A drive that holds another medium is refused, unless `replace`. One that holds the CD already is
    answered with.
    """
    machine, medium = xen.find.vm(vm), xen.find.vdi(vdi)
    if must_run:
        hotplug.refuse_halted(xen, machine)
    drive = _choose(xen, machine, medium, device)
    if drive is None:
        number = new_device if device == AUTODETECT else device
        number, made = yield from drives.attach(
            xen, machine, medium, number, type="CD", mode="RO", bootable=bootable
        )
        return drives.in_drive(xen.uuid.vbd(made), machine, medium, number, was_there=False)
    is_in = drive["VDI"] == medium.ref
    if not is_in:
        yield from _change(xen, machine, drive, medium, replace=replace)
    number = drive["userdevice"]
    return drives.in_drive(drive["uuid"], machine, medium, number, was_there=is_in)


def refuse_disk(xen: Xen, medium: ObjectRef) -> None:
    """Refuse what XenServer would not take into a CD drive."""
    content = xen.SR.get_content_type(xen.VDI.get_SR(medium))
    if content != "iso":
        raise errors.from_api("VDI_IS_NOT_ISO", [medium.ref, content])


def _choose(xen: Xen, machine: ObjectRef, medium: ObjectRef, device: str) -> Drive | None:
    """Return the drive to use: the one asked for, that with the CD, an empty one, any; or None."""
    there = [{"ref": ref, **xen.VBD.get_record(ref)} for ref in xen.VM.get_VBDs(machine)]
    cds = [drive for drive in there if drive["type"] == "CD"]
    if device != AUTODETECT:
        return next((one for one in cds if device in {one["userdevice"], one["device"]}), None)
    cds.sort(key=lambda one: (one["VDI"] != medium.ref, not one["empty"], one["userdevice"]))
    return cds[0] if cds else None


def _change(
    xen: Xen, machine: ObjectRef, drive: Drive, medium: ObjectRef, *, replace: bool
) -> Generator[Suspension, Any, None]:
    """Insert a CD; another one that was in the drive comes back where that fails."""
    before = None if drive["empty"] else drive["VDI"]
    if before and not replace:
        text = f"the CD drive {drive['userdevice']} of VM {machine} holds another medium; "
        text += "eject it first, or change it with replace=true"
        raise errors.from_api("VBD_NOT_EMPTY", [drive["ref"]], text=text)
    if before:
        refuse_disk(xen, medium)
        yield xen.Async.VBD.eject(drive["ref"])
    try:
        yield xen.Async.VBD.insert(drive["ref"], medium)
    except errors.XenflowError:
        if before:
            yield xen.Async.VBD.insert(drive["ref"], before)
        raise
