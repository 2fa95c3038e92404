"""Pause and suspend of VMs, and the way back."""

from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.field_types import Ensures, HostName, Insists, Paused, VmName
from tasks.engine.declaration.operation import Steps, operation
from tasks.vm.guest import WaitFor, WaitForAddress, bring_up, criteria_of
from tasks.vm.states import into
from xenserver.client import Xen


@operation()
def pause(xen: Xen, *, vm: VmName, ensure: Ensures = False) -> Steps[Done]:
    """Pause a running VM; it stays in memory."""
    machine = xen.find.vm(vm)
    call = xen.Async.VM.pause(machine)
    return (yield from into(xen, "Paused", machine, call, "VM paused", ensure=ensure))


@operation()
def unpause(xen: Xen, *, vm: VmName, ensure: Ensures = False) -> Steps[Done]:
    """Unpause a VM."""
    machine = xen.find.vm(vm)
    call = xen.Async.VM.unpause(machine)
    return (yield from into(xen, "Running", machine, call, "VM unpaused", ensure=ensure))


@operation()
def suspend(xen: Xen, *, vm: VmName, ensure: Ensures = False) -> Steps[Done]:
    """Suspend a running VM: write its memory to disk and free it on the host."""
    machine = xen.find.vm(vm)
    call = xen.Async.VM.suspend(machine)
    return (yield from into(xen, "Suspended", machine, call, "VM suspended", ensure=ensure))


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
    wait_for_address: WaitForAddress | None = None,
) -> Steps[Done]:
    """Resume a suspended VM on the host that XenServer chooses or on a given one."""
    machine = xen.find.vm(vm)
    call = xen.Async.VM.resume(machine, paused, force)
    if host:
        call = xen.Async.VM.resume_on(machine, xen.find.host(host), paused, force)
    wanted = criteria_of(wait_for, wait_for_address)
    resumption = bring_up(
        xen, machine, call, "VM resumed", paused=paused, ensure=ensure, wanted=wanted
    )
    return (yield from resumption)
