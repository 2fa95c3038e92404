"""Canvases: steps that are sent, and whose end is waited for."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tasks.engine.declaration.answers import Accepted, XenTask
from tasks.engine.declaration.flow import Canvas
from tasks.engine.declaration.suspensions import Expand
from tasks.engine.execution import cancellation
from tasks.engine.execution.execution import Execution, Suspended
from tasks.engine.journal.record import Outcome, Phase, Sent
from tasks.engine.messages import canvas_ids, publisher
from xenserver import values

LOST_AFTER = 15.0  # seconds after which a canvas without open steps is sent again; doubles
SELDOM = 240.0  # seconds between two sendings at most


def start(
    execution: Execution, label: str, expand: Expand, *, undoes: bool = False
) -> Outcome | Suspended | Accepted:
    """Send a canvas of steps, and wait for its end; one that undoes is stopped by nothing.

    A canvas none of whose steps is open may have lost the message of its next one: it is sent
    again. The ids are the same, so what is done answers from the journal, and what is lost goes on.
    Not so where a step is somebody else's: whether that is done, nobody here knows.
    """
    if not undoes:
        cancellation.stop_here(execution)
        if execution.is_async:
            return _accept(execution)
    sent = execution.entry.record.point(label).sent or Sent(0, 0.0)
    interval = min(LOST_AFTER * 2 ** max(sent.times - 1, 0), SELDOM)
    canvas = _canvas(execution, label, expand, undoes=undoes)
    steps = canvas_ids.ids(canvas)
    if sent.times == 0 or _is_lost(execution, expand, sent, interval):
        execution.runtime.publisher.canvas(canvas, operation=execution.entry.id, label=label)
        execution.entry.update_point(label, sent=Sent(sent.times + 1, execution.entry.now()))
    wake = execution.entry.now() + interval
    if undoes:
        return execution.defer("undoes what it made", until=wake, phase=Phase.UNDOING, label=label)
    wake = min(wake, execution.entry.record.deadline)
    reason = _progress(execution, steps, is_new=sent.times == 0)
    return execution.defer(reason, until=wake, phase=Phase.PARKED, label=label)


def _accept(execution: Execution) -> Accepted:
    """Answer with the run of a flow, which goes on as a step of its own: XenServer has no task."""
    goes_on = canvas_ids.step_id(execution.entry.identity, "rest")
    execution.runtime.publisher.continue_as(
        execution.operation.name,
        goes_on,
        execution.message.continuation(),
        path=publisher.path_text(execution.place.path),
    )
    task = XenTask(
        uuid=goes_on,
        name_label=execution.operation.name,
        name_description=execution.operation.summary,
        status="pending",
        progress=0.0,
        created=datetime.fromtimestamp(execution.entry.now(), UTC).strftime(values.DATE),
        finished=values.NEVER,
        allowed_operations=["cancel"],
    )
    return Accepted(return_result=f"the flow continues as {goes_on}", task=task)


def _is_lost(execution: Execution, expand: Expand, sent: Sent, interval: float) -> bool:
    if not canvas_ids.is_repeatable(expand.canvas) or execution.entry.now() - sent.at < interval:
        return False
    return not execution.runtime.journal.open_steps(execution.entry.id)


def _progress(execution: Execution, steps: Sequence[str], *, is_new: bool) -> str:
    """Return what a flow waits for; of one that comes again without an end, it is looked up."""
    ended = 0 if is_new else execution.runtime.journal.count_ended(steps)
    return f"waits for its steps ({ended} of {len(steps)} ended)"


def _canvas(execution: Execution, label: str, expand: Expand, *, undoes: bool) -> Canvas:
    """Return a canvas as it is sent, each time with the same ids."""
    entry = execution.entry
    sender = canvas_ids.Sender(
        path=(*execution.place.path, entry.id),
        identity=entry.identity,
        handed=execution.connection if undoes else execution.message.handed(),
        repeats=entry.record.repeats,
        undoes=undoes,
    )
    place = label if undoes else f"step/{label}"
    return canvas_ids.assign_ids(expand.canvas, place, sender)
