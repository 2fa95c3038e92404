"""Plugging devices into running VMs: interfaces, and what flows have just made."""

from collections.abc import Generator
from typing import Annotated, Any, Literal

from pydantic import Field

from tasks.engine.declaration.answers import Answer, Done, done
from tasks.engine.declaration.field_types import VbdUuid, VifUuid
from tasks.engine.declaration.idempotence import unless_already
from tasks.engine.declaration.operation import Steps, operation
from tasks.engine.declaration.suspensions import Call, Leg
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Plug = Annotated[
    Literal["auto", "yes", "no"],
    Field(description="plug it if the VM runs, in any case, or not at all"),
]
"""Whether a new device is plugged: when its VM runs, in any case, or never."""


MustRun = Annotated[bool, Field(description="refuse a VM that does not run")]
WasThere = Annotated[bool, Field(description="leave it alone: it was there before")]


class Plugged(Answer):
    """A device of a VM, and whether the guest sees it."""

    uuid: str = Field(description="the device")
    vm: str = Field(description="the VM, by UUID")
    device: str = Field(description="the device number")
    vdi: str | None = Field(None, description="the disk or medium in a drive, by UUID")
    plugged: bool = Field(description="whether the guest sees it")
    was_there: bool = Field(default=False, description="it was there before, and was left alone")


@operation(name="xenserver.vif.plug")
def plug_vif(xen: Xen, *, vif: VifUuid) -> Steps[Done]:
    """Attach a virtual interface to its running VM."""
    interface = xen.find.vif(vif)
    yield xen.Async.VIF.plug(interface)
    return done("VIF plugged", interface)


@operation(name="xenserver.vbd.plug_if_running")
def plug_vbd_if_running(
    xen: Xen, *, vbd: VbdUuid, must_run: MustRun = False, was_there: WasThere = False
) -> Steps[Plugged]:
    """Attach a drive to its VM if that runs; one that does not sees the drive when it starts.

    With `must_run` a VM that does not run is refused. A drive that `was_there` is left alone.
    """
    drive = xen.find.vbd(vbd)
    record = xen.VBD.get_record(drive)
    plugged = record["currently_attached"]
    if not was_there:
        call = xen.Async.VBD.plug(drive)
        plugged = yield from _plug(xen, drive, record["VM"], call, must_run=must_run)
    return Plugged(
        return_result=_told("VBD", plugged=plugged, was_there=was_there),
        uuid=drive.uuid,
        vm=xen.uuid.vm(record["VM"]),
        device=record["userdevice"],
        vdi=None if record["empty"] else xen.uuid.vdi(record["VDI"]),
        plugged=plugged,
        was_there=was_there,
    )


@operation(name="xenserver.vif.plug_if_running")
def plug_vif_if_running(xen: Xen, *, vif: VifUuid, must_run: MustRun = False) -> Steps[Plugged]:
    """Attach an interface to its VM if that runs; one that does not sees it when it starts.

    With `must_run` a VM that does not run is refused.
    """
    interface = xen.find.vif(vif)
    record = xen.VIF.get_record(interface)
    call = xen.Async.VIF.plug(interface)
    plugged = yield from _plug(xen, interface, record["VM"], call, must_run=must_run)
    return Plugged(
        return_result=_told("VIF", plugged=plugged),
        uuid=interface.uuid,
        vm=xen.uuid.vm(record["VM"]),
        device=record["device"],
        plugged=plugged,
    )


def _plug(
    xen: Xen, device: ObjectRef, vm: str, call: Call, *, must_run: bool
) -> Generator[Leg, Any, bool]:
    """Plug a device if its VM runs, or must; tell whether the guest sees it now."""
    if not must_run and xen.VM.get_power_state(vm) != "Running":
        return False
    yield from unless_already(("DEVICE_ALREADY_ATTACHED", device.ref), call)
    return True


def _told(cls: str, *, plugged: bool, was_there: bool = False) -> str:
    if was_there:
        return f"{cls} was attached already, and was left alone"
    return f"{cls} plugged" if plugged else f"{cls} not plugged: its VM does not run"
