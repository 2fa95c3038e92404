"""The classes and objects of which a client wants events (xapi_event.ml)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from simulator.tables import Table

SILENT = frozenset({"session", "user", "data_source", "auth"})
"""Classes without events."""

_WHOLE = "message"
"""The class of which no single objects are selected: a subscription to one covers all."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """The classes and single objects that a client subscribes to."""

    everything: bool
    classes: frozenset[str]
    objects: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """Read `*`, `vm` and `vm/OpaqueRef:...`; the class in any case."""
        words = [normal(word) for word in words]
        split = [word.partition("/") for word in words]
        return cls(
            everything="*" in words,
            classes=frozenset(n for n, slash, _ in split if not slash or n == _WHOLE),
            objects=frozenset((name, ref) for name, slash, ref in split if slash),
        )

    def tables(self, tables: Mapping[str, Table]) -> list[Table]:
        """Return the tables of the subscribed classes."""
        named = self.classes | {cls for cls, _ in self.objects}
        return [
            table
            for name, table in tables.items()
            if (self.everything or name.lower() in named) and name not in SILENT and table.cls.known
        ]

    def matches(self, name: str, ref: str) -> bool:
        """Return whether the subscription covers an object."""
        return self.everything or name in self.classes or (name, ref) in self.objects

    def keys(self, tables: Mapping[str, Table]) -> list[str]:
        """Return the keys to watch in the database."""
        if self.everything:
            return ["*"]
        whole = [name for name in tables if name.lower() in self.classes]
        return [*whole, *(ref for _, ref in self.objects)]

    @property
    def tasks_only(self) -> bool:
        """Return whether the subscription covers tasks only; those are reported without delay."""
        return not self.everything and {*self.classes, *(c for c, _ in self.objects)} == {"task"}


def normal(word: str) -> str:
    """Return a word of a subscription with its class in lower case; references keep theirs."""
    cls, slash, ref = word.partition("/")
    return f"{cls.lower()}{slash}{ref}"
