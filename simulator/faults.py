"""Fault injection: refusals, busy objects, lost and delayed answers.

Every fault applies `before` the effect of a method or `after` it.

`refuse` and `busy` become the answer of a synchronous call, the task's failure of an `Async.` one.
`stall` keeps the operation from going on, for `seconds` or for ever: after the effect its task
stays pending at 100 %. `deaf` lets it ignore cancels. `forget` deletes its task record while it
goes on. `sweep` deletes the record of a subtask when that ends: before the operation has noticed
the end it waits for ever, after that it fails with HANDLE_INVALID. `delay`, `lose`, `hang` and
`drop` apply to the connection: a lost answer closes it, a hung one never comes, a dropped one ends
in the middle.
"""

from collections.abc import Sequence
from dataclasses import field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from random import Random
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from simulator.datamodel.model import Model
from simulator.errors import Failure
from simulator.quantities import Seconds
from simulator.tables import NULL

REFUSALS = frozenset({"refuse", "busy"})
CONNECTION_FAULTS = frozenset({"delay", "lose", "hang", "drop"})
SUBTASK_FAULTS = frozenset({"sweep"})
_ASYNC = "Async."
_SYSTEM = ("system.listMethods", "system.isAlive:")
FOREVER = 10 * 365 * 24 * 3600.0

What = Literal[
    "refuse", "busy", "stall", "deaf", "forget", "sweep", "delay", "lose", "hang", "drop"
]


@dataclass(slots=True, config=ConfigDict(extra="forbid"))
class Fault:
    """A fault: the calls it applies to, and how often (`count` below zero: always)."""

    what: What
    method: str = "*"
    object: str = ""
    count: Annotated[int, Field(le=1 << 31)] = 1
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    when: Literal["before", "after"] = "before"
    seconds: Seconds = 0.0
    code: str = "INTERNAL_ERROR"
    params: list[str] = field(default_factory=list)

    def matches(self, method: str, params: Sequence[Any]) -> bool:
        """Return whether a call matches by its name (wild cards allowed) and a parameter."""
        plain = method.removeprefix("Async.")
        named = fnmatchcase(method, self.method) or fnmatchcase(plain, self.method)
        return named and (not self.object or self.object in params)

    def check_method(self, model: Model) -> None:
        """Raise ValueError where no method has the name: its fault would wait for ever."""
        is_async = self.method.startswith(_ASYNC)
        plain = self.method.removeprefix(_ASYNC)
        known = {m.method: m for m in model.messages.values() if m.has_async or not is_async}
        aliases = {f"{m.cls}_{m.name}" for m in known.values()}
        if any(fnmatchcase(name, plain) for name in (*known, *aliases, *_SYSTEM)):
            return
        near = get_close_matches(plain, known, n=3)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        form = " in its asynchronous form" if plain in model.messages else ""
        raise ValueError(f"method: there is no {plain}{form}{meant}")

    def refusal(self, method: str, params: Sequence[Any]) -> Failure:
        """Return the failure that replaces the method's answer."""
        if self.what == "refuse":
            return Failure(self.code, *self.params)
        cls, _, op = method.partition(".")
        ref = params[0] if params and isinstance(params[0], str) else NULL
        return Failure("OTHER_OPERATION_IN_PROGRESS", cls, ref, op, NULL)


class Faults:
    """The pending faults, in the order in which they were requested."""

    def __init__(self, rng: Random) -> None:
        self.waiting: list[Fault] = []
        self.applied = 0
        self._rng = rng

    def add(self, fault: Fault) -> None:
        """Add a fault for later calls."""
        self.waiting.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        self.waiting.clear()

    def take(
        self, kinds: frozenset[str], method: str, params: Sequence[Any], when: str = ""
    ) -> Fault | None:
        """Return the first fault of these kinds that applies to this call, and count it down."""
        for fault in self.waiting:
            due = fault.what in kinds and when in {"", fault.when}
            if due and fault.matches(method, params) and self._strikes(fault):
                return fault
        return None

    def _strikes(self, fault: Fault) -> bool:
        if fault.probability < 1 and self._rng.random() >= fault.probability:
            return False
        self.applied += 1
        fault.count -= 1
        if fault.count == 0:
            self.waiting.remove(fault)
        return True
