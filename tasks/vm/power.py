"""The power of VMs: start, shutdown, reboot."""

from typing import Annotated

from pydantic import Field

from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import (
    Ensures,
    Hard,
    HostName,
    Insists,
    Paused,
    Seconds,
    VmName,
)
from tasks.engine.declaration.operation import Steps, operation
from tasks.engine.declaration.suspensions import within
from tasks.vm.guest import (
    WaitFor,
    WaitForAddress,
    bring_up,
    criteria_of,
    refuse_without_tools,
    wait_for_guest,
)
from tasks.vm.states import arrived, unless_in
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef


@operation()
def start(
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
    """Boot a halted VM, on the host that XenServer chooses or on a given one."""
    machine = xen.find.vm(vm)
    call = xen.Async.VM.start(machine, paused, force)
    if host:
        call = xen.Async.VM.start_on(machine, xen.find.host(host), paused, force)
    wanted = criteria_of(wait_for, wait_for_address)
    start_up = bring_up(
        xen, machine, call, "VM started", paused=paused, ensure=ensure, wanted=wanted
    )
    return (yield from start_up)


FallBack = Annotated[
    Seconds,
    Field(
        description="cut its power if its guest has not shut down after this time (2m), or refuses"
    ),
]


UNWILLING_GUEST = frozenset(
    {
        "VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT",
        "VM_LACKS_FEATURE",
        "VM_LACKS_FEATURE_SHUTDOWN",
        "VM_MISSING_PV_DRIVERS",
        "VM_OLD_PV_DRIVERS",
        "VM_SHUTDOWN_TIMEOUT",
    }
)
"""Refusals and failures of a clean shutdown after which cutting the power still helps."""


@operation()
def shutdown(
    xen: Xen,
    *,
    vm: VmName,
    force: Hard = False,
    fall_back_after: FallBack | None = None,
    ensure: Ensures = False,
) -> Steps[Done]:
    """Shut a VM down by its guest; with `force`, or after `fall_back_after`, cut its power.

    With `fall_back_after` the power is cut too when the guest cannot be asked or does not answer.
    """
    machine = xen.find.vm(vm)
    hard, clean = xen.Async.VM.hard_shutdown(machine), xen.Async.VM.clean_shutdown(machine)
    first = hard if force else within(fall_back_after, clean)
    try:
        passed = yield from unless_in(xen, "Halted", machine, first, ensure=ensure)
    except errors.XenflowError as failure:
        if force or fall_back_after is None or failure.code not in UNWILLING_GUEST:
            raise
        passed = "late"
    if passed == "late":
        yield from unless_in(xen, "Halted", machine, hard)
    return arrived("Halted", machine, None if passed == "already" else "Shutdown completed")


@operation()
def reboot(
    xen: Xen,
    *,
    vm: VmName,
    force: Hard = False,
    wait_for: WaitFor = "running",
    wait_for_address: WaitForAddress | None = None,
) -> Steps[Done]:
    """Reboot a VM by its guest; with `force`, reset it."""
    machine = xen.find.vm(vm)
    address = criteria_of(wait_for, wait_for_address)
    refuse_without_tools(xen, machine, address)
    return (yield from wait_for_guest(machine, address, _again(xen, machine, force=force)))


def _again(xen: Xen, machine: ObjectRef, *, force: bool) -> Steps[Done]:
    yield xen.Async.VM.hard_reboot(machine) if force else xen.Async.VM.clean_reboot(machine)
    return done("Reboot completed", machine, power_state="Running")
