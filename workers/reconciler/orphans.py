"""Orphans: objects on a XenServer that have the tag of a call, and belong to nothing.

What a call makes bears its tag: in its name until it gets its own, or in its `other_config`. By the
tag the journal is asked for the call. An object is an orphan when its operation has ended and the
call's outcome is another object, or none; a copy that XenServer made of what bears a stamp, stamp
and all, is none. One whose operation is under way is left to it. One that was made by an operation
that the journal has forgotten, or that another installation made, is nobody's to destroy: a name
that is still a tag is reported, a stamp is not, for it stays for ever.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tasks.engine.declaration import catalogue
from tasks.engine.declaration.definition import Undo
from tasks.engine.execution.probes import STAMP
from tasks.engine.execution.recovery import WORKING_NAME, is_copy
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.record import Document, OutcomeStatus, Point, Record
from tasks.engine.messages import canvas_ids
from xenserver.client import Xen

CLASSES = ("VBD", "VIF", "VM", "VDI", "network")
"""What calls make, those that stand in another's way first."""
MIN_AGE = 60.0  # seconds after the end of an operation before anything of it is an orphan

Objects = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Orphan:
    """One object: the target it is on, and the operation and call whose tag it bears.

    `connection` says how an operation reaches that target. `undo` is how the operation undoes such
    an object; None where the journal does not know it.
    """

    target: str
    cls: str
    uuid: str
    operation: str
    root: str = ""
    path: str = ""
    undo: Undo | None = None
    connection: Document = field(default_factory=dict, repr=False)

    @property
    def is_ours(self) -> bool:
        """Whether the journal shows that nothing needs it."""
        return self.undo is not None

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        reply = {"target": self.target, "class": self.cls, "uuid": self.uuid}
        return {**reply, "operation": self.operation, "is_ours": self.is_ours}


@dataclass(frozen=True)
class _Tagged:
    """An object that has a tag; `is_named` when its name is still the tag."""

    cls: str
    ref: str
    uuid: str
    identity: str
    label: str
    is_named: bool
    fields: Mapping[str, Any]

    @property
    def operation(self) -> str:
        """The id of the operation."""
        return self.identity.partition("#")[0]

    @property
    def repeats(self) -> int:
        """How often the operation had been begun anew when it made the call."""
        return int(self.identity.partition("#")[2] or 0)

    @property
    def continuation(self) -> str:
        """The id under which the operation went on after its caller was answered."""
        return canvas_ids.step_id(self.identity, "rest")


def find(xen: Xen, target: str, journal: Journal, *, min_age: float | None = None) -> list[Orphan]:
    """Return the orphans of a target; one call for each class of objects."""
    tagged = [one for cls in CLASSES for one in _tagged(cls, getattr(xen, cls).get_all_records())]
    ids = {id_ for one in tagged for id_ in (one.operation, one.continuation)}
    records = journal.read_all(sorted(ids))
    before = journal.now() - (MIN_AGE if min_age is None else min_age)
    found = (_orphan(one, target, records, before) for one in tagged)
    return [orphan for orphan in found if orphan]


def _tagged(cls: str, objects: Objects) -> Iterator[_Tagged]:
    for ref, fields in objects.items():
        name = str(fields.get("name_label", ""))
        is_named = name.startswith(WORKING_NAME)
        tag = name.removeprefix(WORKING_NAME) if is_named else fields["other_config"].get(STAMP)
        identity, slash, label = str(tag or "").rpartition("/")
        if slash:
            yield _Tagged(cls, ref, fields["uuid"], unquote(identity), label, is_named, fields)


def _orphan(
    one: _Tagged, target: str, records: Mapping[str, Record], before: float
) -> Orphan | None:
    """Return an object as an orphan; None when it belongs to somebody, or may."""
    known = records.get(one.operation)
    if known is None:
        return Orphan(target, one.cls, one.uuid, one.operation) if one.is_named else None
    declared = catalogue.find(known.name)
    if declared is None or declared.undo is None or not _is_old_enough(known, before):
        return None
    if one.repeats == known.repeats and _belongs(one, known, records, before):
        return None
    return Orphan(
        target, one.cls, one.uuid, one.operation, known.root, known.path, undo=declared.undo
    )


def _is_old_enough(known: Record, before: float) -> bool:
    return known.ended is not None and known.ended <= before


def _belongs(one: _Tagged, known: Record, records: Mapping[str, Record], before: float) -> bool:
    """Return whether an object is what its call answered and was not to be undone, or may be."""
    outcome = known.point(one.label).outcome
    if not one.is_named and _is_inherited(one, known):
        return True
    if known.failure is not None:
        return one.uuid in {thing.get("uuid") for thing in known.failure.kept}
    if outcome is not None:
        return outcome.result == one.ref
    further = records.get(one.continuation)
    if further is None or not _is_old_enough(further, before):
        return True  # nobody knows how the call ended
    return _belongs(one, further, {}, before)


def _is_inherited(one: _Tagged, known: Record) -> bool:
    """Return whether an object is a copy of what a call made, and has its stamp from there.

    A call that was launched once made one object.
    """
    point = known.point(one.label)
    is_made = point.outcome is not None and point.outcome.status is OutcomeStatus.SUCCESS
    if is_made and not _may_be_twice(known, point):
        return True
    return bool(point.call and is_copy(one.fields, point.call.params))


def _may_be_twice(known: Record, point: Point) -> bool:
    return point.launches > 1 or known.overtook
