"""Legs that are no calls: somebody else's XenServer task, a while, a canvas of steps."""

from datetime import UTC, datetime
from typing import Any

from tasks.engine.declaration.answers import Accepted, XenTask
from tasks.engine.declaration.suspensions import Expand, Follow, Pause
from tasks.engine.execution import calls, cancellation
from tasks.engine.execution.execution import Execution
from tasks.engine.messages import canvas_ids, publisher
from xenserver import errors, events, values

LOST_SIGHT = 15.0  # seconds after which a canvas without open steps is sent again; doubles
SELDOM = 240.0  # seconds between two sendings at most


def follow(execution: Execution, label: str, leg: Follow) -> Any:
    """Wait for the end of a XenServer task that somebody else began."""
    try:
        record = execution.xen.task.get_record(leg.ref)
    except errors.Missing:
        return calls.land(execution, label, {"status": "vanished", "result": "", "name": leg.ref})
    if execution.is_async:
        return calls.accepted(record)
    end = events.told(leg.ref, record)
    if isinstance(end, events.TaskEnd):
        return calls.land(execution, label, outcome_of(end))
    cancellation.stop_here(execution)
    wake = min(execution.entry.number("deadline"), execution.now() + leg.every)
    return execution.park(label, leg.ref, f"follows {record['name_label']}", wake=wake)


def outcome_of(end: events.TaskEnd) -> dict[str, Any]:
    """Return the end of a XenServer task as the journal keeps it."""
    told = {"status": end.status, "result": end.result, "error_info": end.error_info}
    return {**told, "finished": end.finished}


def pause(execution: Execution, label: str, leg: Pause) -> Any:
    """Wait for so many seconds."""
    until = execution.entry.number(f"until:{label}") or execution.now() + leg.seconds
    if execution.now() >= until:
        return {"status": "success", "result": ""}
    cancellation.stop_here(execution)
    wake = min(until, execution.entry.number("deadline"))
    return execution.rest(
        f"pauses for {leg.seconds:g} s", until=wake, **{f"until:{label}": str(until)}
    )


def expand(execution: Execution, label: str, leg: Expand, *, undoes: bool) -> Any:
    """Send a canvas of steps, and wait for its end; an undoing is stopped by nothing.

    A canvas none of whose steps is open may have lost the message of its next one: it is sent
    again. The ids are the same, so what is done answers from the journal, and what is lost goes on.
    Not so where a step is somebody else's: whether that is done, nobody here knows.
    """
    if not undoes:
        cancellation.stop_here(execution)
        if execution.is_async:
            return _accept(execution)
    times = int(execution.entry.number(f"sent:{label}"))
    patience = min(LOST_SIGHT * 2 ** max(times - 1, 0), SELDOM)
    if times == 0 or (
        canvas_ids.is_repeatable(leg.canvas) and _is_lost(execution, label, patience)
    ):
        _send(execution, label, leg, undoes=undoes)
        execution.entry.note(f"sent:{label}", str(times + 1))
        execution.entry.note(f"sent_at:{label}", str(execution.now()))
    wake = execution.now() + patience
    if not undoes:
        wake = min(wake, execution.entry.number("deadline"))
    return execution.rest("waits for its steps", until=wake, phase="parked", leg=label)


def _accept(execution: Execution) -> Accepted:
    """Answer with the run of a flow, which goes on as a step of its own: XenServer has no task."""
    goes_on = canvas_ids.step_id(execution.entry.id, "rest")
    execution.runtime.publisher.rest(
        execution.operation.name,
        goes_on,
        execution.said.going_on(),
        path=publisher.path_text(execution.place.path),
        adopts={},
    )
    task = XenTask(
        uuid=goes_on,
        name_label=execution.operation.name,
        name_description=execution.operation.summary,
        status="pending",
        progress=0.0,
        created=datetime.fromtimestamp(execution.now(), UTC).strftime(values.DATE),
        finished=values.NEVER,
        allowed_operations=["cancel"],
    )
    return Accepted(return_result=f"the flow goes on as {goes_on}", task=task)


def _is_lost(execution: Execution, label: str, patience: float) -> bool:
    long_ago = execution.now() - execution.entry.number(f"sent_at:{label}") >= patience
    return long_ago and not execution.runtime.journal.open_steps(execution.entry.id)


def _send(execution: Execution, label: str, leg: Expand, *, undoes: bool) -> None:
    canvas = canvas_ids.assign_ids(
        leg.canvas,
        path=(*execution.place.path, execution.entry.id),
        place=label if undoes else f"step/{label}",
        handed=execution.connection if undoes else execution.said.handed(),
        undoes=undoes,
    )
    execution.runtime.publisher.canvas(canvas, operation=execution.entry.id, leg=label)
