"""Legs that are no calls: somebody else's XenServer task, a while, a canvas of steps."""

from datetime import UTC, datetime
from typing import Any

from tasks.frame import calls, flow, post, stopping
from tasks.frame.answers import Accepted, XenTask
from tasks.frame.legs import Expand, Follow, Pause
from tasks.frame.turn import Turn
from xenserver import errors, events, values

LOST_SIGHT = 15.0  # seconds after which a canvas without open steps is sent again; doubles
SELDOM = 240.0  # seconds between two sendings at most


def follow(turn: Turn, label: str, leg: Follow) -> Any:
    """Wait for the end of a XenServer task that somebody else began."""
    try:
        record = turn.xen.now.task.get_record(leg.ref)
    except errors.Missing:
        return calls.land(turn, label, {"status": "vanished", "result": "", "name": leg.ref})
    if turn.is_async:
        return calls.accepted(record)
    end = events.told(leg.ref, record)
    if isinstance(end, events.TaskEnd):
        return calls.land(turn, label, outcome_of(end))
    stopping.stop_here(turn)
    wake = min(turn.entry.number("deadline"), turn.now() + leg.every)
    return turn.park(label, leg.ref, f"follows {record['name_label']}", wake=wake)


def outcome_of(end: events.TaskEnd) -> dict[str, Any]:
    """Give the end of a XenServer task as the journal keeps it."""
    told = {"status": end.status, "result": end.result, "error_info": end.error_info}
    return {**told, "finished": end.finished}


def pause(turn: Turn, label: str, leg: Pause) -> Any:
    """Wait for so many seconds."""
    until = turn.entry.number(f"until:{label}") or turn.now() + leg.seconds
    if turn.now() >= until:
        return {"status": "success", "result": ""}
    stopping.stop_here(turn)
    wake = min(until, turn.entry.number("deadline"))
    return turn.rest(f"pauses for {leg.seconds:g} s", until=wake, **{f"until:{label}": str(until)})


def expand(turn: Turn, label: str, leg: Expand, *, undoes: bool) -> Any:
    """Send a canvas of steps, and wait for its end; an undoing is stopped by nothing.

    A canvas none of whose steps is open may have lost the message of its next one: it is sent
    again. The ids are the same, so what is done answers from the journal, and what is lost goes on.
    Not so where a step is somebody else's: whether that is done, nobody here knows.
    """
    if not undoes:
        stopping.stop_here(turn)
        if turn.is_async:
            return _accept(turn)
    times = int(turn.entry.number(f"sent:{label}"))
    patience = min(LOST_SIGHT * 2 ** max(times - 1, 0), SELDOM)
    if times == 0 or (flow.is_repeatable(leg.canvas) and _is_lost(turn, label, patience)):
        _send(turn, label, leg, undoes=undoes)
        turn.entry.note(f"sent:{label}", str(times + 1))
        turn.entry.note(f"sent_at:{label}", str(turn.now()))
    wake = turn.now() + patience
    if not undoes:
        wake = min(wake, turn.entry.number("deadline"))
    return turn.rest("waits for its steps", until=wake, phase="parked", leg=label)


def _accept(turn: Turn) -> Accepted:
    """Answer with the run of a flow, which goes on as a step of its own: XenServer has no task."""
    goes_on = flow.step_id(turn.entry.id, "rest")
    turn.desk.post.rest(
        turn.operation.name,
        goes_on,
        turn.said.going_on(),
        path=post.path_text(turn.place.path),
        adopts={},
    )
    task = XenTask(
        uuid=goes_on,
        name_label=turn.operation.name,
        name_description=turn.operation.summary,
        status="pending",
        progress=0.0,
        created=datetime.fromtimestamp(turn.now(), UTC).strftime(values.DATE),
        finished=values.NEVER,
        allowed_operations=["cancel"],
    )
    return Accepted(return_result=f"the flow goes on as {goes_on}", task=task)


def _is_lost(turn: Turn, label: str, patience: float) -> bool:
    long_ago = turn.now() - turn.entry.number(f"sent_at:{label}") >= patience
    return long_ago and not turn.desk.journal.open_steps(turn.entry.id)


def _send(turn: Turn, label: str, leg: Expand, *, undoes: bool) -> None:
    canvas = flow.settle(
        leg.canvas,
        path=(*turn.place.path, turn.entry.id),
        place=label if undoes else f"step/{label}",
        handed=turn.connection if undoes else turn.said.handed(),
        undoes=undoes,
    )
    turn.desk.post.canvas(canvas, operation=turn.entry.id, leg=label)
