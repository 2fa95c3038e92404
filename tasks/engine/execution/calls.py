"""Legs that are calls of XenServer: made once, found again when nobody knows, then tidied up.

intent written --launch--> heard --park--> parked --land--> landed --touch--> passed
      |                                                        |
      +--- found again by looking first                        +--- busy: the leg once more, later
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from tasks.engine.declaration.answers import Accepted, XenTask
from tasks.engine.declaration.suspensions import Bounded, Call
from tasks.engine.execution import cancellation, failures, recovery
from tasks.engine.execution.execution import Execution
from tasks.engine.messages import canvas_ids, publisher
from xenserver import errors

LATE_EFFECTS = 10.0  # seconds in which a vanished XenServer task may still show its effect
LOOK_AGAIN = 2.0  # seconds between two such looks

Told = Any  # an outcome as the journal keeps it, or Accepted


def reach(execution: Execution, label: str, call: Call) -> Told:
    """Make the call if it is not made, and wait for its end."""
    ref = execution.entry.fields.get(f"ref:{label}")
    if ref is None:
        cancellation.stop_here(execution)
        ref, told = _launch(execution, label, call)
        if told is not None:
            return told
    else:
        cancellation.stop_xenserver(execution, label, ref)
    if execution.is_async:
        return _accept(execution, label, ref)
    return _wait(execution, label, call, ref)


def _wait(execution: Execution, label: str, call: Call, ref: str) -> Told:
    enough = _enough(execution, label, call)
    if execution.now() >= enough:
        cancellation.cancel(execution, ref)
        return land(execution, label, {"status": "late", "result": ""})
    wake = min(enough, cancellation.last_moment(execution, label))
    return execution.park(label, ref, f"waits for {call.method}", wake=wake)


def _enough(execution: Execution, label: str, call: Call) -> float:
    """Return the moment at which a call has taken too long for the body, deadlines aside."""
    if isinstance(call, Bounded):
        return float(execution.entry.get(f"leg:{label}")["at"]) + call.seconds
    return math.inf


def _launch(execution: Execution, label: str, call: Call) -> tuple[str, Told]:
    """Have XenServer begin a call once; return its task, or the outcome if that is known."""
    intended = _intended(execution, label)
    if intended:
        ref, told = _look_first(execution, label, intended)
        if ref or told is not None:
            return ref, told
    tag = recovery.tag(execution.entry.id, label)
    call = intended or _intend(execution, label, call, tag)
    try:
        return execution.xen.launch(call, headers={recovery.TAG_HEADER: tag}), None
    except (errors.Busy, errors.Unreachable) as trouble:
        if not getattr(trouble, "maybe_heard", False):
            execution.entry.note(_unheard(label), "1")
        raise
    except errors.XenflowError as refused:
        return "", land(execution, label, _failure(refused))


def _look_first(execution: Execution, label: str, intended: Call) -> tuple[str, Told]:
    """Find out what became of a call that was intended before: its task, its outcome, or nothing.

    One that surely was not heard need not be looked for. One that leaves no trace, so that nobody
    can tell whether it was heard, is not made again.
    """
    if execution.entry.fields.get(_unheard(label)):
        execution.runtime.journal.write(execution.entry, {_unheard(label): ""})
        return "", None
    found = recovery.look(execution.xen, intended, recovery.tag(execution.entry.id, label))
    if found.task:
        return found.task, None
    match found.seen:
        case recovery.Seen.DONE:
            return "", land(execution, label, _success(found.made))
        case recovery.Seen.UNKNOWN:
            lost = errors.Unknown("XENFLOW_VANISHED", [intended.method])
            return "", land(execution, label, _failure(lost))
    return "", None


def _unheard(label: str) -> str:
    return f"unheard:{label}"


def _intended(execution: Execution, label: str) -> Call | None:
    intent = execution.entry.get(f"leg:{label}")
    return Call(intent["method"], tuple(intent["params"])) if intent else None


def _intend(execution: Execution, label: str, call: Call, tag: str) -> Call:
    """Write down what is about to be asked, before it is asked."""
    call = recovery.dress(call, tag)
    intent = {"method": call.method, "params": list(call.params), "at": execution.now()}
    execution.runtime.journal.write(execution.entry, {f"leg:{label}": json.dumps(intent)})
    return call


def land(execution: Execution, label: str, told: dict[str, Any]) -> dict[str, Any]:
    """Write down an outcome that the frame itself found out."""
    execution.runtime.journal.write(execution.entry, {f"outcome:{label}": json.dumps(told)})
    return told


def _accept(execution: Execution, label: str, ref: str) -> Accepted:
    """Answer with the XenServer task; what is left to do goes on as a step of its own."""
    record = execution.xen.task.get_record(ref)
    execution.runtime.publisher.rest(
        execution.operation.name,
        canvas_ids.step_id(execution.entry.id, "rest"),
        execution.said.going_on(),
        path=publisher.path_text(execution.place.path),
        adopts={
            f"leg:{label}": execution.entry.fields[f"leg:{label}"],
            f"ref:{label}": ref,
            "known": json.dumps(execution.entry.known),
            "accepted": "1",
        },
    )
    return accepted(record)


def accepted(record: Mapping[str, Any]) -> Accepted:
    """Return the answer that shows a XenServer task at work."""
    words = f"XenServer works on it: {record['name_label']}"
    return Accepted(return_result=words, task=XenTask.model_validate(record))


def touch(execution: Execution, label: str, call: Call, told: Mapping[str, Any]) -> None:
    """Tidy up once after a landed call: name what it made, put XenServer's task away."""
    if f"touched:{label}" in execution.entry.fields:
        return
    at = recovery.NAMED.get(call.method)
    intended = _intended(execution, label)
    if told["status"] == "success" and at is not None and intended != call:
        execution.xen.VM.set_name_label(told["result"], call.params[at])
    ref = execution.entry.fields.get(f"ref:{label}")
    if ref and "accepted" not in execution.entry.fields:
        _put_away(execution, ref)
    execution.entry.note(f"touched:{label}", "1")


def _put_away(execution: Execution, ref: str) -> None:
    try:
        execution.xen.task.destroy(ref)
    except errors.Missing:
        return  # swept already: XenServer keeps 200 finished tasks


def once_more(execution: Execution, number: str, error: errors.XenflowError) -> None:
    """Have a leg launched again later, under a new label: raise the error, and the frame rests."""
    tried = int(execution.entry.number(f"try:{number}")) + 1
    execution.entry.note(f"try:{number}", str(tried))
    raise error


def find_vanished(execution: Execution, number: str, label: str, call: Call) -> dict[str, Any]:
    """Find out what became of a call whose task vanished: done, to be done again, or nobody knows.

    A toolstack that restarts may come to an effect that it began before, so a look that shows none
    is repeated for a while.
    """
    found = recovery.look_at_world(
        execution.xen, _intended(execution, label) or call, recovery.tag(execution.entry.id, label)
    )
    match found.seen:
        case recovery.Seen.DONE:
            return land(execution, label, _success(found.made))
        case recovery.Seen.NOT_DONE:
            _look_again_later(execution, label, call)
            once_more(execution, number, errors.Busy("XENFLOW_VANISHED", [call.method]))
    return land(execution, label, _failure(errors.Unknown("XENFLOW_VANISHED", [call.method])))


def _look_again_later(execution: Execution, label: str, call: Call) -> None:
    since = execution.entry.number(f"vanished:{label}") or execution.now()
    if execution.now() - since < LATE_EFFECTS:
        reason = f"looks for the effect of {call.method}, whose XenServer task is gone"
        execution.rest(
            reason, until=execution.now() + LOOK_AGAIN, **{f"vanished:{label}": str(since)}
        )


def _success(made: str) -> dict[str, Any]:
    return {"status": "success", "result": made}


def _failure(error: errors.XenflowError) -> dict[str, Any]:
    return {"status": "failure", "result": "", "error": failures.document(error)}
