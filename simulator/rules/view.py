"""The view of an object that a rule checks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from simulator.errors import Failure
from simulator.tables import Database, Record


@dataclass(frozen=True, slots=True)
class View:
    """An object at the moment of a check; `strict` is off for forced operations."""

    db: Database
    cls: str
    ref: str
    record: Record
    strict: bool = True


Rule = Callable[[View, str], Failure | None]


def peek(db: Database, cls: str, ref: str) -> Record | None:
    """Return the live record, or nothing where the reference is dead or null."""
    return db.get(cls, ref) if db.exists(cls, ref) else None


def records(db: Database, cls: str, refs: list[str]) -> Iterator[tuple[str, Record]]:
    """Return references and records, passing over the dead."""
    for ref in refs:
        if db.exists(cls, ref):
            yield ref, db.get(cls, ref)


def busy(cls: str, ref: str, current: Mapping[str, str], *, braces: bool = False) -> Failure:
    """Return OTHER_OPERATION_IN_PROGRESS, the one failure that makes a caller wait.

    Several operations stand in braces; some classes put even a single one there.
    """
    parts = (list(current.values()), list(current))
    return Failure(
        "OTHER_OPERATION_IN_PROGRESS", cls, ref, *(_joined(each, braces=braces) for each in parts)
    )


def own_operation(view: View, _op: str) -> Failure | None:
    """Refuse while the object is in any operation."""
    current = view.record["current_operations"]
    return busy(view.cls, view.ref, current) if current else None


def _joined(words: list[str], *, braces: bool) -> str:
    return "{" + ",".join(words) + "}" if braces or len(words) != 1 else words[0]
