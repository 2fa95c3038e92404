"""Legs that are calls of XenServer: made once, found again when nobody knows, then tidied up.

intent written --launch--> heard --park--> parked --land--> landed --touch--> passed
      |                                                        |
      +--- found again by looking first                        +--- busy: the leg once more, later
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from tasks.frame import faults, flow, looking, post, stopping
from tasks.frame.answers import Accepted, XenTask
from tasks.frame.legs import Bounded, Call
from tasks.frame.turn import Turn
from xenserver import errors

LATE_EFFECTS = 10.0  # seconds in which a vanished XenServer task may still show its effect
LOOK_AGAIN = 2.0  # seconds between two such looks

Told = Any  # an outcome as the journal keeps it, or Accepted


def reach(turn: Turn, label: str, call: Call) -> Told:
    """Make the call if it is not made, and wait for its end."""
    ref = turn.entry.fields.get(f"ref:{label}")
    if ref is None:
        stopping.stop_here(turn)
        ref, told = _launch(turn, label, call)
        if told is not None:
            return told
    else:
        stopping.stop_xenserver(turn, label, ref)
    if turn.is_async:
        return _accept(turn, label, ref)
    return _wait(turn, label, call, ref)


def _wait(turn: Turn, label: str, call: Call, ref: str) -> Told:
    enough = _enough(turn, label, call)
    if turn.now() >= enough:
        stopping.cancel(turn, ref)
        return land(turn, label, {"status": "late", "result": ""})
    wake = min(enough, stopping.last_moment(turn, label))
    return turn.park(label, ref, f"waits for {call.method}", wake=wake)


def _enough(turn: Turn, label: str, call: Call) -> float:
    """Give the moment at which a call has taken too long for the body, deadlines aside."""
    if isinstance(call, Bounded):
        return float(turn.entry.get(f"leg:{label}")["at"]) + call.seconds
    return math.inf


def _launch(turn: Turn, label: str, call: Call) -> tuple[str, Told]:
    """Have XenServer begin a call once; give its task, or the outcome if that is known already."""
    intended = _intended(turn, label)
    if intended:
        ref, told = _look_first(turn, label, intended)
        if ref or told is not None:
            return ref, told
    tag = looking.tag(turn.entry.id, label)
    call = intended or _intend(turn, label, call, tag)
    try:
        return turn.xen.launch(call, headers={looking.TAG_HEADER: tag}), None
    except (errors.Busy, errors.Unreachable) as trouble:
        if not getattr(trouble, "maybe_heard", False):
            turn.entry.note(_unheard(label), "1")
        raise
    except errors.XenflowError as refused:
        return "", land(turn, label, _failure(refused))


def _look_first(turn: Turn, label: str, intended: Call) -> tuple[str, Told]:
    """Find out what became of a call that was intended before: its task, its outcome, or nothing.

    One that surely was not heard need not be looked for. One that leaves no trace, so that nobody
    can tell whether it was heard, is not made again.
    """
    if turn.entry.fields.get(_unheard(label)):
        turn.desk.journal.write(turn.entry, {_unheard(label): ""})
        return "", None
    found = looking.look(turn.xen, intended, looking.tag(turn.entry.id, label))
    if found.task:
        return found.task, None
    match found.seen:
        case looking.Seen.DONE:
            return "", land(turn, label, _success(found.made))
        case looking.Seen.UNKNOWN:
            lost = errors.Unknown("XENFLOW_VANISHED", [intended.method])
            return "", land(turn, label, _failure(lost))
    return "", None


def _unheard(label: str) -> str:
    return f"unheard:{label}"


def _intended(turn: Turn, label: str) -> Call | None:
    intent = turn.entry.get(f"leg:{label}")
    return Call(intent["method"], tuple(intent["params"])) if intent else None


def _intend(turn: Turn, label: str, call: Call, tag: str) -> Call:
    """Write down what is about to be asked, before it is asked."""
    call = looking.dress(call, tag)
    intent = {"method": call.method, "params": list(call.params), "at": turn.now()}
    turn.desk.journal.write(turn.entry, {f"leg:{label}": json.dumps(intent)})
    return call


def land(turn: Turn, label: str, told: dict[str, Any]) -> dict[str, Any]:
    """Write down an outcome that the frame itself found out."""
    turn.desk.journal.write(turn.entry, {f"outcome:{label}": json.dumps(told)})
    return told


def _accept(turn: Turn, label: str, ref: str) -> Accepted:
    """Answer with the XenServer task; what is left to do goes on as a step of its own."""
    record = turn.xen.now.task.get_record(ref)
    turn.desk.post.rest(
        turn.operation.name,
        flow.step_id(turn.entry.id, "rest"),
        turn.said.going_on(),
        path=post.path_text(turn.place.path),
        adopts={
            f"leg:{label}": turn.entry.fields[f"leg:{label}"],
            f"ref:{label}": ref,
            "known": json.dumps(turn.entry.known),
            "accepted": "1",
        },
    )
    return accepted(record)


def accepted(record: Mapping[str, Any]) -> Accepted:
    """Give the answer that shows a XenServer task at work."""
    words = f"XenServer works on it: {record['name_label']}"
    return Accepted(return_result=words, task=XenTask.model_validate(record))


def touch(turn: Turn, label: str, call: Call, told: Mapping[str, Any]) -> None:
    """Tidy up once after a landed call: name what it made, put XenServer's task away."""
    if f"touched:{label}" in turn.entry.fields:
        return
    at = looking.NAMED.get(call.method)
    intended = _intended(turn, label)
    if told["status"] == "success" and at is not None and intended != call:
        turn.xen.now.VM.set_name_label(told["result"], call.params[at])
    ref = turn.entry.fields.get(f"ref:{label}")
    if ref and "accepted" not in turn.entry.fields:
        _put_away(turn, ref)
    turn.entry.note(f"touched:{label}", "1")


def _put_away(turn: Turn, ref: str) -> None:
    try:
        turn.xen.now.task.destroy(ref)
    except errors.Missing:
        return  # swept already: XenServer keeps 200 finished tasks


def once_more(turn: Turn, number: str, error: errors.XenflowError) -> None:
    """Have a leg launched again later, under a new label: raise the error, and the frame rests."""
    tried = int(turn.entry.number(f"try:{number}")) + 1
    turn.entry.note(f"try:{number}", str(tried))
    raise error


def find_vanished(turn: Turn, number: str, label: str, call: Call) -> dict[str, Any]:
    """Find out what became of a call whose task vanished: done, to be done again, or nobody knows.

    A toolstack that restarts may come to an effect that it began before, so a look that shows none
    is repeated for a while.
    """
    found = looking.look_at_world(
        turn.xen, _intended(turn, label) or call, looking.tag(turn.entry.id, label)
    )
    match found.seen:
        case looking.Seen.DONE:
            return land(turn, label, _success(found.made))
        case looking.Seen.NOT_DONE:
            _look_again_later(turn, label, call)
            once_more(turn, number, errors.Busy("XENFLOW_VANISHED", [call.method]))
    return land(turn, label, _failure(errors.Unknown("XENFLOW_VANISHED", [call.method])))


def _look_again_later(turn: Turn, label: str, call: Call) -> None:
    since = turn.entry.number(f"vanished:{label}") or turn.now()
    if turn.now() - since < LATE_EFFECTS:
        reason = f"looks for the effect of {call.method}, whose XenServer task is gone"
        turn.rest(reason, until=turn.now() + LOOK_AGAIN, **{f"vanished:{label}": str(since)})


def _success(made: str) -> dict[str, Any]:
    return {"status": "success", "result": made}


def _failure(error: errors.XenflowError) -> dict[str, Any]:
    return {"status": "failure", "result": "", "error": faults.document(error)}
