"""The power states of VMs, and the one shape of most verbs that lead into them."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.idempotence import Sign, unless_already
from tasks.engine.declaration.operation import Steps
from tasks.engine.declaration.suspensions import Call
from xenserver.objects import ObjectRef

State = Annotated[
    Literal["Halted", "Paused", "Running", "Suspended"], Field(description="a power state")
]


def into(state: State, machine: ObjectRef, call: Call, words: str, *, ensure: bool) -> Steps[Done]:
    """Bring a VM into a state by a call, and say so; with `ensure` it may be there already."""
    passed = yield from unless_already(already(state), call, ensure=ensure)
    return arrived(state, machine, words if passed == "done" else None)


def already(state: State) -> Sign:
    """Return the refusal of a VM that is in the state already."""
    return ("VM_BAD_POWER_STATE", state.lower())


def arrived(state: State, machine: ObjectRef, words: str | None) -> Done:
    """Say that a VM is in a state, in the words of the verb that led there, or was already."""
    return done(words or f"VM already {state.lower()}", machine, power_state=state)
