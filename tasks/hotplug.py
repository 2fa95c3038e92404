"""Hot-plug of devices, as VBDs and VIFs have it in common."""

from collections.abc import Callable, Generator
from typing import Annotated, Any, Literal

from pydantic import Field

from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.suspensions import Call, Suspension
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Plug = Annotated[
    Literal["auto", "yes", "no"],
    Field(description="plug it if the VM runs, always, or never"),
]
MustRun = Annotated[bool, Field(description="refuse a VM that is not running")]
WasThere = Annotated[bool, Field(description="leave it unchanged: it existed before")]


class Plugged(Answer):
    """A device of a VM, and whether the guest sees it."""

    uuid: str = Field(description="the device")
    vm: str = Field(description="the VM, by UUID")
    device: str = Field(description="the device number")
    vdi: str | None = Field(None, description="the disk or medium in a drive, by UUID")
    plugged: bool = Field(description="whether the guest sees it")
    was_there: bool = Field(default=False, description="it existed before, and was left unchanged")


Steps = Generator[Suspension, Any, None]


def refuse_halted(xen: Xen, machine: ObjectRef) -> None:
    """Refuse a VM that is not running, before a device is made that must be plugged."""
    state = xen.VM.get_power_state(machine)
    if state != "Running":
        raise errors.from_api("VM_BAD_POWER_STATE", [machine.ref, "running", state.lower()])


def once(call: Call) -> Steps:
    """Make a call."""
    yield call


def plug(
    plugging: Steps, is_attached: Callable[[], bool], *, ensure: bool
) -> Generator[Suspension, Any, str]:
    """Plug a device; return what was done. With `ensure` it may be plugged already.

    XenServer refuses for the state of a VM first: a device of a paused one may be attached.
    """
    try:
        yield from plugging
    except errors.Refused as refused:
        if not ensure or not (refused.code == "DEVICE_ALREADY_ATTACHED" or is_attached()):
            raise
        return "already plugged"
    return "plugged"


def unplug(
    call: Call, is_attached: Callable[[], bool], *, ensure: bool
) -> Generator[Suspension, Any, str]:
    """Unplug a device; return what was done. With `ensure` it may be unplugged already.

    XenServer may refuse for the state of the VM, or as the device can never be unplugged.
    """
    try:
        yield call
    except errors.Refused:
        if not ensure or is_attached():
            raise
        return "already unplugged"
    return "unplugged"


def plug_if_running(
    xen: Xen, vm: str, plugging: Steps, *, must_run: bool
) -> Generator[Suspension, Any, bool]:
    """Plug a device if its VM runs, or must run; return whether the guest sees it now."""
    if not must_run and xen.VM.get_power_state(vm) != "Running":
        return False
    yield from plug(plugging, lambda: False, ensure=True)
    return True


def outcome(cls: str, *, plugged: bool, was_there: bool = False) -> str:
    """Return the state of a device as text."""
    if was_there:
        return f"{cls} was attached already, and was left unchanged"
    return f"{cls} plugged" if plugged else f"{cls} not plugged: its VM does not run"
