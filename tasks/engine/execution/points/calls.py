"""Calls of XenServer: launched once, found again when nobody knows; `call_ends.py` has their ends.

intent written --launch--> task known --park--> parked --land--> outcome --tidy--> result
      |                                                             |
      +--- found by recovery                                        +--- busy, or vanished without
                                                                         effect: begun anew, later
"""

import math
from collections.abc import Mapping

from tasks.engine.declaration.answers import Accepted, XenTask
from tasks.engine.declaration.suspensions import Bounded, Call
from tasks.engine.execution import cancellation, marks, outcomes, recovery, surplus
from tasks.engine.execution.execution import Execution, Suspended
from tasks.engine.execution.points import call_ends
from tasks.engine.execution.probes import INHERITED
from tasks.engine.journal.entry import MARGIN, LeaseLapsed
from tasks.engine.journal.record import IntendedCall, Outcome, OutcomeStatus
from tasks.engine.journal.scripts import Overtaken
from tasks.engine.messages import canvas_ids, publisher
from xenserver import errors


def start(execution: Execution, label: str, call: Call) -> Outcome | Suspended | Accepted:
    """Make the call if it is not made, and wait for its end."""
    ref = execution.entry.record.point(label).task
    if not ref:
        cancellation.stop_here(execution)
        launched = _launch(execution, label, call)
        if isinstance(launched, Outcome | Suspended):
            return launched
        ref = launched
    else:
        _stop(execution, label, ref)
    try:
        return _after_launch(execution, label, call, ref)
    except Overtaken:
        surplus.note(execution, label, ref)
        raise


def _after_launch(
    execution: Execution, label: str, call: Call, ref: str
) -> Outcome | Suspended | Accepted:
    if execution.is_async:
        return _accept(execution, label, ref)
    return _wait(execution, label, call, ref)


def _stop(execution: Execution, label: str, ref: str) -> None:
    """Cancel what runs, if there is a reason; raise the reason when its caller waited enough."""
    why = cancellation.reason(execution)
    if why and cancellation.may_cancel(execution):
        cancellation.request(execution, label, ref)
    if why and cancellation.is_overdue(execution):
        raise why


def _wait(execution: Execution, label: str, call: Call, ref: str) -> Outcome | Suspended:
    enough = _enough(execution, label, call)
    if execution.entry.now() >= enough:
        cancellation.send(execution, ref)
        return execution.complete(label, outcomes.LATE)
    wake = min(enough, cancellation.next_check(execution))
    return execution.park(label, ref, f"waits for {call.method}", wake=wake)


def _enough(execution: Execution, label: str, call: Call) -> float:
    """Return the moment at which a call has taken too long for the body, deadlines aside."""
    known = execution.entry.record.point(label).call
    if isinstance(call, Bounded) and known:
        return known.at + call.seconds
    return math.inf


def _launch(execution: Execution, label: str, call: Call) -> str | Outcome | Suspended:
    """Launch a call once; return its task, or the outcome if that is known."""
    point = execution.entry.record.point(label)
    tag = recovery.tag(execution.entry.identity, label)
    if point.call and not point.unsent:
        found = recover(execution, label, call_ends.recorded(execution, label))
        if found:
            return found
    call = call_ends.recorded(execution, label) if point.call else recovery.tagged(call, tag)
    mark = tag if call.method in INHERITED else ""
    intent = point.call or IntendedCall(call.method, list(call.params), execution.entry.now(), mark)
    if not execution.admit(label, intent):
        return Suspended("waits: its target has as many calls in flight as it may")
    try:
        if intent.mark:
            marks.put(execution.xen, call, intent.mark)
        return _send(execution, call, tag)
    except LeaseLapsed:
        execution.entry.update_point(label, unsent=True)
        raise
    except (errors.Busy, errors.Unreachable) as error:
        if not getattr(error, "maybe_heard", False):
            _not_sent(execution, label, error)
        raise
    except errors.XenflowError as refused:
        if outcomes.names_a_task(refused):
            raise errors.Busy("XENFLOW_VANISHED", [call.method]) from refused
        return execution.complete(label, outcomes.failure(refused))


def _send(execution: Execution, call: Call, tag: str) -> str:
    """Send a call while the claim is surely good, and wait for its answer no longer than that.

    XenServer cannot distinguish an overtaken worker from its successor: it must not call.
    """
    lease = execution.entry.lease
    seconds = min(execution.target.timeout, max(lease.left(), lease.seconds * MARGIN))
    headers = {recovery.TAG_HEADER: tag}
    return execution.xen.launch(call, headers, timeout=seconds, permit=lease.check)


def recover(execution: Execution, label: str, intended: Call) -> str | Outcome | None:
    """Find out what became of a call that was intended before: its task, its outcome, or nothing.

    A call that leaves no trace, so that nobody can tell whether it was heard, is not made again.
    """
    tag = recovery.tag(execution.entry.identity, label)
    found = recovery.find(execution.xen, intended, tag, call_ends.mark_of(execution, label))
    if found.task:
        return found.task
    return call_ends.by_effect(execution, label, intended, found)


def _not_sent(execution: Execution, label: str, error: errors.XenflowError) -> None:
    """Note that a call was surely not made; another may have its place."""
    execution.entry.update_point(label, unsent=True)
    execution.save()
    execution.runtime.call_limit.release(execution.entry)
    call_ends.respect_limit(execution, error)


def _accept(execution: Execution, label: str, ref: str) -> Outcome | Accepted:
    """Answer with the XenServer task unless it has failed; the rest goes on as another step."""
    try:
        record = execution.xen.task.get_record(ref)
    except errors.Missing:
        return execution.complete(label, outcomes.VANISHED)
    execution.entry.update_point(label, task=ref)
    outcome = call_ends.ended(ref, record)
    if outcome and outcome.status is OutcomeStatus.FAILURE:
        return execution.complete(label, outcome)
    execution.entry.update_point(label, outcome=outcome)
    execution.runtime.publisher.continue_as(
        execution.operation.name,
        canvas_ids.step_id(execution.entry.identity, "rest"),
        execution.message.continuation(),
        path=publisher.path_text(execution.place.path),
        adopts=execution.entry.adopted(),
    )
    return accepted(record)


def accepted(record: Mapping[str, object]) -> Accepted:
    """Return the answer that shows a XenServer task."""
    task = XenTask.model_validate(record)
    return Accepted(return_result=_text_of(task), task=task)


def _text_of(task: XenTask) -> str:
    """Return the state of a task that XenServer has accepted; it may have ended by now."""
    match task.status, task.error_info:
        case "success", _:
            return f"XenServer has done it already: {task.name_label}"
        case "failure", [code, *params]:
            return f"XenServer has refused it already: {errors.from_api(code, params).message}"
        case "failure" | "cancelled", _:
            return f"XenServer has ended it already, as {task.status}: {task.name_label}"
        case _:
            return f"XenServer works on it: {task.name_label}"
