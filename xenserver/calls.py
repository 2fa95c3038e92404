"""Calls written as XenServer documents them: `Async.VM.clone(vm, "name")`.

The same notation makes a value (`Async`) or makes the call at once (`Xen` itself).
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from xenserver import values
from xenserver.objects import Call

Made = TypeVar("Made")


class Calls(Generic[Made]):
    """Write calls, attribute by attribute: class, verb, parameters. `make` gets the call."""

    def __init__(self, make: Callable[[Call], Made]) -> None:
        self._make = make

    def __getattr__(self, cls: str) -> "Verbs[Made]":
        """Name the class, as XenServer does."""
        return Verbs(cls, self._make)


class Verbs(Generic[Made]):
    """The verbs of one XenServer class."""

    def __init__(self, cls: str, make: Callable[[Call], Made]) -> None:
        self._cls = cls
        self._make = make

    def __getattr__(self, verb: str) -> Callable[..., Made]:
        """Name the verb; its parameters follow in XenServer's order, without the session."""

        def make_call(*params: object) -> Made:
            return self._make(Call(f"{self._cls}.{verb}", tuple(map(values.outgoing, params))))

        return make_call


class Async(Calls[Call]):
    """Make calls that are values; the engine launches them as XenServer tasks."""

    def __init__(self) -> None:
        super().__init__(lambda call: call)
