"""Calls of XenServer: launched once, found again when nobody knows, tidied up after their end.

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
from tasks.engine.execution.findings import Effect
from tasks.engine.execution.probes import INHERITED, NAMED
from tasks.engine.journal.entry import MARGIN, LeaseLapsed
from tasks.engine.journal.record import IntendedCall, Outcome, OutcomeStatus
from tasks.engine.journal.scripts import Overtaken
from tasks.engine.messages import canvas_ids, publisher
from xenserver import errors, events, values

LATE_EFFECTS = 10.0  # seconds in which a vanished XenServer task may still show its effect
TOO_MANY = "TOO_MANY_PENDING_TASKS"
PROBE_AGAIN = 2.0  # seconds between two such probes


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
        return _go_on(execution, label, call, ref)
    except Overtaken:
        surplus.note(execution, label, ref)
        raise


def _go_on(
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
        found = recover(execution, label, recorded(execution, label))
        if found:
            return found
    call = recorded(execution, label) if point.call else recovery.tagged(call, tag)
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

    XenServer cannot tell an overtaken worker from its successor: none may call that has been.
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
    found = recovery.find(execution.xen, intended, tag, _mark(execution, label))
    if found.task:
        return found.task
    match found.effect:
        case Effect.DONE:
            return execution.complete(label, outcomes.success(found.result))
        case Effect.UNKNOWN:
            lost = errors.Unknown("XENFLOW_VANISHED", [intended.method])
            return execution.complete(label, outcomes.failure(lost))
    return None


def recorded(execution: Execution, label: str) -> Call:
    """Return a call as it was launched, with its tag; it must have been intended."""
    call = execution.entry.record.point(label).call
    if call is None:
        raise TypeError(f"{execution.entry.id} intends no call at {label}")
    return Call(call.method, tuple(call.params))


def _not_sent(execution: Execution, label: str, error: errors.XenflowError) -> None:
    """Note that a call was surely not made; another may have its place."""
    execution.entry.update_point(label, unsent=True)
    execution.save()
    execution.runtime.call_limit.release(execution.entry)
    _heed(execution, error)


def _heed(execution: Execution, error: errors.XenflowError) -> None:
    """Lower the limit of calls in flight where XenServer says that too many wait."""
    if error.code == TOO_MANY:
        execution.lower_limit()


def _accept(execution: Execution, label: str, ref: str) -> Outcome | Accepted:
    """Answer with the XenServer task unless it has failed; the rest goes on as another step."""
    try:
        record = execution.xen.task.get_record(ref)
    except errors.Missing:
        return execution.complete(label, outcomes.VANISHED)
    execution.entry.update_point(label, task=ref)
    outcome = ended(ref, record)
    if outcome and outcome.status is OutcomeStatus.FAILURE:
        return execution.complete(label, outcome)
    execution.entry.update_point(label, outcome=outcome)
    execution.runtime.publisher.continue_as(
        execution.operation.name,
        canvas_ids.step_id(execution.entry.identity, "rest"),
        execution.message.going_on(),
        path=publisher.path_text(execution.place.path),
        adopts=execution.entry.adopted(),
    )
    return accepted(record)


def accepted(record: Mapping[str, object]) -> Accepted:
    """Return the answer that shows a XenServer task."""
    task = XenTask.model_validate(record)
    return Accepted(return_result=_in_words(task), task=task)


def _in_words(task: XenTask) -> str:
    """Return how a task stands that XenServer has accepted; it may have ended by now."""
    match task.status, task.error_info:
        case "success", _:
            return f"XenServer has done it already: {task.name_label}"
        case "failure", [code, *params]:
            return f"XenServer has refused it already: {errors.from_api(code, params).message}"
        case "failure" | "cancelled", _:
            return f"XenServer has ended it already, as {task.status}: {task.name_label}"
        case _:
            return f"XenServer works on it: {task.name_label}"


def finish(execution: Execution, number: str, call: Call, outcome: Outcome) -> Outcome | Suspended:
    """Return the outcome of a landed call, once it is tidied up.

    A call that XenServer was too busy for, or that vanished without effect, is begun anew, later,
    under a new label: then the error is raised.
    """
    label = execution.entry.record.label(number)
    if outcomes.is_vanished(outcome):
        _give_up(execution, label, outcome)
        found = find_effect(execution, label, call)
        if isinstance(found, Suspended):
            return found
        outcome = found
    tidy(execution, label, call, outcome)
    error = outcomes.error(outcome, call.method)
    if isinstance(error, errors.Busy):
        _begin_anew(execution, number, error)
    return outcome


def _give_up(execution: Execution, label: str, outcome: Outcome) -> None:
    """Cancel a task that never ends: what it did is found by its effect."""
    if outcome.status is OutcomeStatus.STUCK:
        cancellation.request(execution, label, execution.entry.record.point(label).task)


def tidy(execution: Execution, label: str, call: Call, outcome: Outcome) -> None:
    """Name what a call made, and destroy XenServer's task: once."""
    point = execution.entry.record.point(label)
    if point.tidied:
        return
    named = NAMED.get(call.method)
    if outcome.status is OutcomeStatus.SUCCESS and named and recorded(execution, label) != call:
        objects = getattr(execution.xen, named.cls)
        objects.set_name_label(outcome.result, call.params[named.at])
    unmark(execution, label, outcome)
    surplus.undo_found(execution, label, outcome)
    if point.task and not execution.entry.record.accepted:
        _destroy_task(execution, point.task)
    execution.entry.update_point(label, tidied=True)


def unmark(execution: Execution, label: str, outcome: Outcome | None = None) -> None:
    """Take the mark of a call off its source, and stamp what it made."""
    mark = _mark(execution, label)
    if not mark:
        return
    call = recorded(execution, label)
    if outcome and outcome.status is OutcomeStatus.SUCCESS:
        marks.claim(execution.xen, call, mark, str(outcome.result))
    marks.take_off(execution.xen, call, mark)


def _mark(execution: Execution, label: str) -> str:
    call = execution.entry.record.point(label).call
    return call.mark if call else ""


def _destroy_task(execution: Execution, ref: str) -> None:
    try:
        execution.xen.task.destroy(ref)
    except errors.Missing:
        return  # swept already: XenServer keeps 200 finished tasks


def _begin_anew(execution: Execution, number: str, error: errors.XenflowError) -> None:
    """Note that a call is launched again later, under a new label, and raise the error."""
    _heed(execution, error)
    attempts = execution.entry.record.point(number).attempts
    execution.entry.update_point(number, attempts=attempts + 1)
    raise error


def find_effect(execution: Execution, label: str, call: Call) -> Outcome | Suspended:
    """Find out what became of a call whose task vanished: done, not done, or unknown.

    A toolstack that restarts may come to an effect that it began before, so a probe that shows none
    is repeated for a while; then the outcome is Busy: the call can be begun anew.
    """
    found = recovery.probe(execution.xen, recorded(execution, label), _mark(execution, label))
    match found.effect:
        case Effect.DONE:
            return execution.complete(label, outcomes.success(found.result))
        case Effect.UNKNOWN:
            lost = errors.Unknown("XENFLOW_VANISHED", [call.method])
            return execution.complete(label, outcomes.failure(lost))
    since = execution.entry.record.point(label).since or execution.entry.now()
    if execution.entry.now() - since >= LATE_EFFECTS:
        undone = errors.Busy("XENFLOW_VANISHED", [call.method])
        return execution.complete(label, outcomes.failure(undone))
    execution.entry.update_point(label, since=since)
    return _probe_later(execution, call)


def _probe_later(execution: Execution, call: Call) -> Suspended:
    reason = f"looks for the effect of {call.method}, whose XenServer task is gone"
    execution.defer(reason, until=execution.entry.now() + PROBE_AGAIN)
    return Suspended(reason)


def read_end(execution: Execution, label: str, ref: str, call: Call) -> Outcome | Suspended:
    """Read a XenServer task, and wait for its end."""
    try:
        outcome = ended(ref, execution.xen.task.get_record(ref))
    except errors.Missing:
        outcome = outcomes.VANISHED
    if outcome:
        execution.leave(ref)
        return execution.complete(label, outcome)
    reason = f"{call.method} is still at work on XenServer"
    return execution.park(label, ref, reason, wake=cancellation.next_check(execution))


def ended(ref: str, record: values.Record) -> Outcome | None:
    """Return the outcome of a XenServer task by its record; None while it runs."""
    end = events.task_event(ref, record)
    return outcomes.of_end(end) if isinstance(end, events.TaskEnd) else None
