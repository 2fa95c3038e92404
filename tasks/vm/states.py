"""The power states of VMs, and the one shape of most verbs that lead into them."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.idempotence import Passed, Sign, unless_already
from tasks.engine.declaration.operation import Steps
from tasks.engine.declaration.suspensions import Call, Running, Suspension
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

State = Annotated[
    Literal["Halted", "Paused", "Running", "Suspended"], Field(description="a power state")
]


def into(
    xen: Xen, state: State, machine: ObjectRef, call: Call, return_result: str, *, ensure: bool
) -> Steps[Done]:
    """Change the state of a VM by a call; with `ensure` it may be in it already."""
    passed = yield from unless_in(xen, state, machine, call, ensure=ensure)
    return arrived(state, machine, return_result if passed == "done" else None)


def unless_in(
    xen: Xen, state: State, machine: ObjectRef, suspension: Suspension, *, ensure: bool = True
) -> Running[Passed]:
    """Wait for a change of state, and return whether the VM was in it already.

    XenServer refuses what a VM blocks before it looks at the state of the VM.
    """
    try:
        return (yield from unless_already(already(state), suspension, ensure=ensure))
    except errors.Refused as refused:
        is_blocked = refused.code == "OPERATION_BLOCKED"
        if ensure and is_blocked and xen.VM.get_power_state(machine) == state:
            return "already"
        raise


def already(state: State) -> Sign:
    """Return the refusal of a VM that is in the state already."""
    return ("VM_BAD_POWER_STATE", state.lower())


def arrived(state: State, machine: ObjectRef, text: str | None) -> Done:
    """Return the answer that a VM is in a state, or was in it already, in the words of the verb."""
    return done(text or f"VM already {state.lower()}", machine, power_state=state)
