"""Calls written as XenServer documents them: `later.VM.clone(vm, "name")`.

The same spelling makes a value (`Later`) or asks at once (`Now`), so that a body reads alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from xenserver import values
from xenserver.things import Call

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")


class Calls(Generic[Made]):
    """Spells calls, attribute by attribute: class, verb, parameters. `make` gets the call."""

    def __init__(self, make: Callable[[Call], Made]) -> None:
        self._make = make

    def __getattr__(self, cls: str) -> Verbs[Made]:
        """Name the class, as XenServer does."""
        return Verbs(cls, self._make)


class Verbs(Generic[Made]):
    """The verbs of one XenServer class."""

    def __init__(self, cls: str, make: Callable[[Call], Made]) -> None:
        self._cls = cls
        self._make = make

    def __getattr__(self, verb: str) -> Callable[..., Made]:
        """Name the verb; its parameters follow in XenServer's order, without the session."""

        def spelt(*params: object) -> Made:
            return self._make(Call(f"{self._cls}.{verb}", tuple(map(values.outgoing, params))))

        return spelt


class Later(Calls[Call]):
    """Makes calls that are values: they speak to nobody until somebody launches them."""

    def __init__(self) -> None:
        super().__init__(lambda call: call)


Now = Calls[Any]  # what comes back depends on the method's name, which no type can follow
