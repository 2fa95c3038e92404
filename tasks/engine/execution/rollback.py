"""Rollback: steps of the same run undo what a failing operation or flow made, last made first."""

from collections.abc import Sequence
from dataclasses import dataclass

from celery import Signature, chain

from tasks.engine.declaration.definition import Undo
from tasks.engine.declaration.flow import Canvas
from tasks.engine.execution import destruction, failures
from tasks.engine.execution.destruction import Remains
from tasks.engine.execution.execution import Execution
from tasks.engine.execution.probes import made_by, refs_of
from tasks.engine.journal.entry import Entry
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.record import (
    NOT_UNDONE,
    Document,
    Failing,
    Failure,
    IntendedCall,
    Made,
    OutcomeStatus,
)
from tasks.engine.messages import canvas_ids
from xenserver import errors, other_pools


@dataclass(frozen=True)
class Undone:
    """The result of undoing what was made."""

    undone: Sequence[Made] = ()
    not_undone: Sequence[Made] = ()
    kept: Sequence[Made] = ()

    def text(self, *, keep: bool) -> str:
        """Return it in text."""
        text = []
        if self.undone:
            text.append(f"undone: {_listed(self.undone)}")
        if self.not_undone:
            text.append(f"could not be undone: {_listed(self.not_undone)}")
        if self.kept and keep:
            text.append(f"kept: {_listed(self.kept)}")
        return "; ".join(text)

    def left(self) -> list[Made]:
        """Return what there still is, first made first: now the business of the flow around."""
        return [*self.kept, *self.not_undone][::-1]


NOTHING = Undone()


def failure(
    failing: Failing,
    undone: Undone,
    *,
    keep: bool,
    remains: Remains = destruction.NOTHING,
    reached: str = "",
) -> Failure:
    """Return the end of a failure: its first error, the failed step, what was undone or is gone."""
    error = failing.error
    texts = [undone.text(keep=keep), remains.text(), reached]
    ended = "; ".join(text for text in texts if text and text not in error.message)
    return Failure(
        type=error.type,
        code=error.code,
        params=error.params,
        message=error.message + (f"; {ended}" if ended else ""),
        traceback=error.traceback,
        step=failing.step,
        step_name=failing.name,
        undone=_documents(undone.undone),
        not_undone=_documents(undone.not_undone),
        kept=_documents(undone.kept),
        gone=destruction.documents(remains.gone),
        left=destruction.documents(remains.left),
    )


def own(execution: Execution) -> list[Made]:
    """Return what the calls of an operation made, first made first, for its flow to undo."""
    undo = execution.operation.undo
    if undo is None:
        return []
    made = [(c, ref) for c, ref in _made_by_calls(execution) if undo.takes(made_by(c.method) or "")]
    return [_made_object(undo, execution, call, ref) for call, ref in made]


def everything(execution: Execution) -> list[Made]:
    """Return what a failing operation is to undo, of its steps and its calls, last made first."""
    return [*execution.runtime.journal.made(execution.entry.id), *own(execution)[::-1]]


def _made_by_calls(execution: Execution) -> list[tuple[IntendedCall, str]]:
    found = []
    for _, point in sorted(execution.entry.record.points.items()):
        is_made = point.outcome is not None and point.outcome.status is OutcomeStatus.SUCCESS
        if point.call and point.outcome and is_made and made_by(point.call.method):
            found += [(point.call, ref) for ref in refs_of(point.outcome.result)]
    return found


def _made_object(undo: Undo, execution: Execution, call: IntendedCall, ref: str) -> Made:
    """Return an object that a call made, and how it is undone in the pool where it is."""
    cls, target = made_by(call.method) or "", other_pools.target_of(call.params)
    xen = execution.xen.at(target) if target else execution.xen
    uuid = getattr(xen.uuid, cls.lower())(ref)
    name = getattr(execution.message, "name", None) or ""
    first = [undo.first, undo.field] if undo.first else None
    fields = undo.fields(uuid) | ({"target": target} if target else {})
    return Made(cls, uuid, name, undo.name, fields, first)


def canvas(objects: Sequence[Made]) -> Canvas:
    """Return the steps that undo the objects, in their order."""
    steps = [Signature(made.undo, kwargs=dict(made.fields), immutable=True) for made in objects]
    steps = [*_preparations(objects), *steps]
    return steps[0] if len(steps) == 1 else chain(*steps)


def _preparations(objects: Sequence[Made]) -> list[Canvas]:
    """Return the steps that come first; an object made alone needs none."""
    if len(objects) == 1:
        return []
    steps = []
    for made in objects:
        if made.first:
            name, field = made.first
            kwargs = {k: v for k, v in made.fields.items() if k in {field, "target"}}
            steps.append(Signature(name, kwargs=kwargs, immutable=True))
    return steps


def outcome(objects: Sequence[Made], failing: Entry, journal: Journal) -> Undone:
    """Read from the journal the result of each undo."""
    undone: list[Made] = []
    failed: list[Made] = []
    for number, made in enumerate(objects, start=len(_preparations(objects))):
        place = "undo" if len(objects) == 1 else f"undo/{number}"
        step = journal.read(canvas_ids.step_id(failing.identity, place))
        is_left = step is not None and step.answer is not None and NOT_UNDONE in step.answer
        (failed if is_left else undone).append(made)
    return Undone(undone=undone, not_undone=failed)


def answer(failure: Failure) -> Document:
    """Answer a failed undo: an object that is gone already is fine."""
    if isinstance(failures.error(failure), errors.Missing):
        return {"return_result": "it was gone already"}
    error: Document = {"type": failure.type, "code": failure.code, "message": failure.message}
    return {"return_result": f"not undone: {failure.message}", NOT_UNDONE: error}


def _documents(objects: Sequence[Made]) -> list[Document]:
    return [{"class": made.cls, "uuid": made.uuid, "name": made.name} for made in objects]


def _listed(objects: Sequence[Made]) -> str:
    return ", ".join(f"{made.cls} {made.name or made.uuid}" for made in objects)
