"""One operation as held by the delivery that claimed it: its record, its lease, its clock."""

import time
from dataclasses import dataclass, field, replace
from typing import Unpack

from tasks.engine.journal import json_values, record_hash
from tasks.engine.journal.record import (
    ClaimResult,
    IntendedCall,
    Outcome,
    Point,
    PointParts,
    Record,
    RecordFields,
)

MARGIN = 0.25  # of a lease; the part that must be left of it for a request to be sent

ADOPTED_PARTS = ("call", "task", "outcome", "attempts", "launches", "tidied")
"""What an operation that goes on for another takes over of each suspension point."""


@dataclass(frozen=True)
class Place:
    """The place of an operation: its run, and the flows around it, outermost first.

    `repeats` says how often the innermost flow was begun anew when it sent this step.
    """

    root: str
    path: tuple[str, ...] = ()
    undoes: bool = False
    repeats: int = 0

    @property
    def flow(self) -> str | None:
        """The flow whose step this is."""
        return self.path[-1] if self.path else None


@dataclass(frozen=True)
class Sending:
    """A message to send again, and the number of the sending."""

    message: str
    number: int


class LeaseLapsed(Exception):
    """The claim of this delivery may be over; it must not act before it knows."""


@dataclass
class Lease:
    """How long a claim is good, by the clock of this process alone."""

    seconds: float
    until: float

    def left(self) -> float:
        """Return the seconds that are left of it."""
        return self.until - time.monotonic()

    def check(self) -> None:
        """Raise LeaseLapsed unless the claim is good for a while: a request takes time."""
        if self.left() < self.seconds * MARGIN:
            raise LeaseLapsed


@dataclass
class Entry:
    """A claimed operation. What is changed here is written with the next write."""

    id: str
    result: ClaimResult
    record: Record
    clock: float  # what Redis' clock showed ...
    claimed: float  # ... when this process's clock showed so much
    lease: Lease
    known: dict[str, str] = field(default_factory=dict)
    _saved: Record = field(default_factory=Record)

    def __post_init__(self) -> None:
        """Begin with what is in the journal."""
        self.known = dict(self.record.known)
        self._saved = self.record

    def now(self) -> float:
        """Return the time by Redis' clock, in epoch seconds."""
        return self.clock + time.monotonic() - self.claimed

    @property
    def identity(self) -> str:
        """The id under which its calls and steps are known: another each time it begins anew."""
        repeats = self.record.repeats
        return f"{self.id}#{repeats}" if repeats else self.id

    def update(self, **fields: Unpack[RecordFields]) -> None:
        """Change fields of the record."""
        self.record = replace(self.record, **fields)

    def update_point(self, label: str, **parts: Unpack[PointParts]) -> None:
        """Change parts of a suspension point."""
        self.record = self.record.with_point(label, **parts)

    def unsaved(self) -> dict[str, str]:
        """Return the fields that changed since the last write."""
        if self.known != self.record.known:
            self.update(known=dict(self.known))
        return record_hash.changes(self._saved, self.record)

    def saved(self) -> None:
        """Note that all changes are written."""
        self._saved = self.record

    def admitted(self, label: str, call: IntendedCall) -> None:
        """Take over the intent of a call that a script has written."""
        launches = self.record.point(label).launches + 1
        parts: PointParts = {"call": call, "unsent": False, "launches": launches}
        self.update_point(label, **parts)
        self._saved = self._saved.with_point(label, **parts)

    def forget_calls(self) -> None:
        """Note that a script has released the operation's place among the calls in flight."""
        self._saved = replace(self._saved, calls="")
        self.update(calls="")

    def adopted(self) -> dict[str, str]:
        """Return the fields with which another entry begins that goes on from here."""
        points = {
            label: json_values.make(Point, {part: getattr(point, part) for part in ADOPTED_PARTS})
            for label, point in self.record.points.items()
        }
        begun = Record(known=dict(self.known), accepted=True, points=points)
        return record_hash.changes(Record(), begun)

    def landed(self, label: str, text: str) -> Outcome:
        """Take over an outcome that a script found in the journal."""
        outcome = record_hash.outcome(text)
        self._saved = self._saved.with_point(label, outcome=outcome)
        self.record = self.record.with_point(label, outcome=outcome)
        return outcome
