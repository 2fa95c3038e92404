"""Operations on the virtual block devices of VMs: their disks and CD drives."""

from typing import Literal

from tasks.frame.answers import Created, Done, Found, created, done, found
from tasks.frame.ensuring import unless_already
from tasks.frame.operation import Steps, Undo, operation
from tasks.frame.vocabulary import (
    After,
    Device,
    Fields,
    Limit,
    Map,
    Uuid,
    VbdUuid,
    VdiName,
    VmName,
)
from xenserver import errors
from xenserver.gate import Xen

Mode = Literal["RW", "RO"]
Type = Literal["Disk", "CD", "Floppy"]


@operation(undo=Undo("xenserver.vbd.destroy", "vbd", (("unplug", True),)))
def create(
    xen: Xen,
    *,
    vm: VmName,
    vdi: VdiName | None = None,
    empty: bool = False,
    device: Device = "autodetect",
    mode: Mode | None = None,
    type: Type = "Disk",
    bootable: bool = False,
    unpluggable: bool = True,
    other_config: Map | None = None,
) -> Steps[Created]:
    """Give a VM a disk or a drive, which may be empty; a running VM sees it once it is plugged.

    The mode is RW, or RO for a CD drive, unless one is given.
    """
    _check_medium(vdi, empty=empty)
    machine = xen.find.vm(vm)
    record = {
        "VM": machine,
        "VDI": xen.find.vdi(vdi) if vdi else None,
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
    made = yield xen.later.VBD.create(record)
    if device == "autodetect":
        device = xen.now.VBD.get_userdevice(made)
    return created(xen.uuid.vbd(made), vm=machine.uuid, device=device)


def _check_medium(vdi: str | None, *, empty: bool) -> None:
    if (vdi is None) != empty:
        words = "vdi: name one, or give empty=true for an empty drive"
        raise errors.from_api("XENFLOW_MESSAGE_INVALID", ["vdi: this, or empty"], words=words)


@operation()
def destroy(xen: Xen, *, vbd: VbdUuid, unplug: bool = False) -> Steps[Done]:
    """Destroy a virtual block device but not its disk; with `unplug` also one that is attached."""
    drive = xen.find.vbd(vbd)
    if unplug and xen.now.VBD.get_currently_attached(drive):
        detached = ("DEVICE_ALREADY_DETACHED", drive.ref)
        yield from unless_already(detached, xen.later.VBD.unplug(drive))
    yield xen.later.VBD.destroy(drive)
    return done("VBD Destroyed", drive)


@operation()
def eject(xen: Xen, *, vbd: VbdUuid) -> Steps[Done]:
    """Take the medium out of a CD drive."""
    drive = xen.find.vbd(vbd)
    yield xen.later.VBD.eject(drive)
    return done("VBD ejected", drive)


@operation()
def insert(xen: Xen, *, vbd: VbdUuid, vdi: VdiName) -> Steps[Done]:
    """Put a medium into an empty CD drive."""
    drive = xen.find.vbd(vbd)
    yield xen.later.VBD.insert(drive, xen.find.vdi(vdi))
    return done("Media inserted", drive)


@operation()
def plug(xen: Xen, *, vbd: VbdUuid) -> Steps[Done]:
    """Attach a virtual block device to its running VM."""
    drive = xen.find.vbd(vbd)
    yield xen.later.VBD.plug(drive)
    return done("VBD plugged", drive)


@operation()
def unplug(xen: Xen, *, vbd: VbdUuid, force: bool = False) -> Steps[Done]:
    """Detach a virtual block device from its running VM; with `force` against the guest's will."""
    drive = xen.find.vbd(vbd)
    yield xen.later.VBD.unplug_force(drive) if force else xen.later.VBD.unplug(drive)
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
