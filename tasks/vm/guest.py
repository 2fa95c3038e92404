"""What a guest lives through: paused and suspended, resumed, moved to another host."""

from typing import Annotated

from pydantic import Field

from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import Ensures, HostName, Insists, Paused, VmName
from tasks.engine.declaration.operation import Steps, operation
from tasks.vm.addresses import WaitFor, come_up, refuse_without_tools
from tasks.vm.states import State, into
from xenserver.client import Xen
from xenserver.objects import Call, ObjectRef


@operation()
def pause(xen: Xen, *, vm: VmName, ensure: Ensures = False) -> Steps[Done]:
    """Stop a running VM where it is, in memory."""
    machine = xen.find.vm(vm)
    call = xen.Async.VM.pause(machine)
    return (yield from into("Paused", machine, call, "VM paused", ensure=ensure))


@operation()
def unpause(xen: Xen, *, vm: VmName, ensure: Ensures = False) -> Steps[Done]:
    """Let a paused VM run on."""
    machine = xen.find.vm(vm)
    call = xen.Async.VM.unpause(machine)
    return (yield from into("Running", machine, call, "VM unpaused", ensure=ensure))


@operation()
def suspend(xen: Xen, *, vm: VmName, ensure: Ensures = False) -> Steps[Done]:
    """Write a running VM's memory to disk and free its host of it."""
    machine = xen.find.vm(vm)
    call = xen.Async.VM.suspend(machine)
    return (yield from into("Suspended", machine, call, "VM suspended", ensure=ensure))


@operation()
def resume(
    xen: Xen,
    *,
    vm: VmName,
    paused: Paused = False,
    force: Insists = False,
    host: HostName | None = None,
    ensure: Ensures = False,
    wait_for: WaitFor = "running",
) -> Steps[Done]:
    """Let a suspended VM run on, on the host that XenServer chooses or on a given one."""
    machine = xen.find.vm(vm)
    refuse_without_tools(xen, machine, wait_for)
    if host:
        call = xen.Async.VM.resume_on(machine, xen.find.host(host), paused, force)
    else:
        call = xen.Async.VM.resume(machine, paused, force)
    state: State = "Paused" if paused else "Running"
    arrival = into(state, machine, call, "VM resumed", ensure=ensure)
    return (yield from come_up(machine, wait_for, arrival))


Live = Annotated[bool, Field(description="let the guest run on while it moves")]


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
    """Bring a VM to a host: running it moves, halted it starts there, suspended it resumes."""
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
