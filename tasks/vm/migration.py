"""Migration of VMs between the hosts of a pool."""

from typing import Annotated

from pydantic import Field

from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import Ensures, HostName, Insists, VmName
from tasks.engine.declaration.operation import Steps, operation
from xenserver.client import Xen
from xenserver.objects import Call, ObjectRef

Live = Annotated[bool, Field(description="keep the VM running while it moves")]


@operation()
def migrate(
    xen: Xen,
    *,
    vm: VmName,
    host: HostName,
    live: Live = True,
    force: Insists = False,
    ensure: Ensures = False,
) -> Steps[Done]:
    """Migrate a VM to a host: running it moves, halted it starts there, suspended it resumes."""
    machine, there = xen.find.vm(vm), xen.find.host(host)
    state = xen.VM.get_power_state(machine)
    if ensure and xen.VM.get_resident_on(machine) == there.ref:
        return done(f"VM already on {there}", machine, power_state=state)
    yield _move(xen, state, machine, there, live=live, force=force)
    return done("VM migrated", machine, power_state="Running")


def _move(
    xen: Xen, state: str, machine: ObjectRef, there: ObjectRef, *, live: bool, force: bool
) -> Call:
    """Return the call that brings a VM to a host from its state; XenServer judges other states."""
    match state:
        case "Halted":
            return xen.Async.VM.start_on(machine, there, False, force)  # noqa: FBT003 - not paused
        case "Suspended":
            return xen.Async.VM.resume_on(machine, there, False, force)  # noqa: FBT003 - not paused
        case _:
            options = {"live": _word(live), "force": _word(force)}
            return xen.Async.VM.pool_migrate(machine, there, options)


def _word(flag: bool) -> str:  # noqa: FBT001 - it is all there is
    return "true" if flag else "false"
