"""Undoing: steps of the same run take back what a failing operation or flow made, last first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from celery import Signature, chain

from tasks.engine.declaration.flow import Canvas
from tasks.engine.execution import failures, recovery
from tasks.engine.messages import canvas_ids
from xenserver import errors

if TYPE_CHECKING:
    from tasks.engine.declaration.operation import Undo
    from tasks.engine.execution.execution import Execution
    from tasks.engine.journal.journal import Journal

Made = Mapping[str, Any]
"""What was made: {"class", "uuid", "name"}, and how it is undone: {"undo": operation, "fields": its
message, "first": another operation or None}."""

_HOW = frozenset({"undo", "fields", "first"})


@dataclass(frozen=True)
class Undone:
    """What became of what was made."""

    undone: Sequence[Made] = ()
    not_undone: Sequence[Made] = ()
    kept: Sequence[Made] = field(default_factory=tuple)

    def told(self, *, keep: bool) -> str:
        """Say it in words."""
        words = []
        if self.undone:
            words.append(f"undone: {_listed(self.undone)}")
        if self.not_undone:
            words.append(f"could not be undone: {_listed(self.not_undone)}")
        if self.kept and keep:
            words.append(f"kept: {_listed(self.kept)}")
        return "; ".join(words)

    def left(self) -> list[Made]:
        """Return what there still is, first made first: now the business of the flow around."""
        return [*self.kept, *self.not_undone][::-1]

    def document(self) -> dict[str, Any]:
        """Return it as fields of the fault."""
        lists = {"undone": self.undone, "not_undone": self.not_undone, "kept": self.kept}
        return {
            name: [{k: v for k, v in thing.items() if k not in _HOW} for thing in things]
            for name, things in lists.items()
            if things
        }


NOTHING = Undone()


def record(execution: "Execution") -> list[dict[str, Any]]:
    """Return what the legs of an operation made, first made first, for its flow to undo."""
    undo = execution.operation.undo
    if undo is None:
        return []
    return [_thing(undo, execution, cls, ref) for cls, ref in _made_by_legs(execution)]


def made(execution: "Execution") -> list[dict[str, Any]]:
    """Return what a failing operation is to undo, of its steps and its legs, last made first."""
    return [*execution.runtime.journal.made(execution.entry.id), *record(execution)[::-1]]


def _made_by_legs(execution: "Execution") -> list[tuple[str, str]]:
    found = []
    for name in sorted(f for f in execution.entry.fields if f.startswith("outcome:")):
        told = execution.entry.get(name)
        intended = execution.entry.get(name.replace("outcome:", "leg:"))
        if intended and told["status"] == "success" and intended["method"] in recovery.MAKES:
            found.append((recovery.MAKES[intended["method"]], str(told["result"])))
    return found


def _thing(undo: "Undo", execution: "Execution", cls: str, ref: str) -> dict[str, Any]:
    uuid = getattr(execution.xen.uuid, cls.lower())(ref)
    name = getattr(execution.said, "name", None) or ""
    first = [undo.first, undo.field] if undo.first else None
    how = {"undo": undo.name, "fields": undo.fields(uuid), "first": first}
    return {"class": cls, "uuid": uuid, "name": name, **how}


def canvas(things: Sequence[Made]) -> Canvas:
    """Return the steps that undo the things, in their order."""
    steps = [
        Signature(thing["undo"], kwargs=dict(thing["fields"]), immutable=True) for thing in things
    ]
    steps = [*_preparations(things), *steps]
    return steps[0] if len(steps) == 1 else chain(*steps)


def _preparations(things: Sequence[Made]) -> list[Canvas]:
    """Return the steps that come first; a thing that was made alone needs none."""
    if len(things) == 1:
        return []
    wanted = [(*thing["first"], thing["uuid"]) for thing in things if thing["first"]]
    return [Signature(name, kwargs={field: uuid}, immutable=True) for name, field, uuid in wanted]


def outcome(things: Sequence[Made], failing: str, journal: "Journal") -> Undone:
    """Read from the journal what became of each undoing."""
    undone: list[Made] = []
    failed: list[Made] = []
    for number, thing in enumerate(things, start=len(_preparations(things))):
        place = "undo" if len(things) == 1 else f"undo/{number}"
        told = journal.read(canvas_ids.step_id(failing, place))
        (failed if '"not_undone"' in told.get("answer", "") else undone).append(thing)
    return Undone(undone=undone, not_undone=failed)


def answer(fault: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a failed undoing: what is gone already is fine."""
    if isinstance(failures.error(fault), errors.Missing):
        return {"return_result": "it was gone already"}
    return {"return_result": f"not undone: {fault['message']}", "not_undone": dict(fault)}


def _listed(things: Sequence[Made]) -> str:
    return ", ".join(f"{t['class']} {t['name'] or t['uuid']}" for t in things)
