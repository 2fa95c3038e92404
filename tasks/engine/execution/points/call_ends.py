"""Ends of calls: what a landed call did, what is tidied up after it, whether it begins anew."""

from tasks.engine.declaration.suspensions import Call
from tasks.engine.execution import cancellation, marks, outcomes, recovery, surplus
from tasks.engine.execution.execution import Execution, Suspended
from tasks.engine.execution.findings import Effect, Finding
from tasks.engine.execution.probes import NAMED
from tasks.engine.journal.record import Outcome, OutcomeStatus
from xenserver import errors, events, values

LATE_EFFECTS = 10.0  # seconds in which a vanished XenServer task may still show its effect
TOO_MANY = "TOO_MANY_PENDING_TASKS"
PROBE_AGAIN = 2.0  # seconds between two such probes


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
    mark = mark_of(execution, label)
    if not mark:
        return
    call = recorded(execution, label)
    if outcome and outcome.status is OutcomeStatus.SUCCESS:
        marks.claim(execution.xen, call, mark, str(outcome.result))
    marks.take_off(execution.xen, call, mark)


def mark_of(execution: Execution, label: str) -> str:
    """Return the mark that a call has put on its source, if it has."""
    call = execution.entry.record.point(label).call
    return call.mark if call else ""


def _destroy_task(execution: Execution, ref: str) -> None:
    try:
        execution.xen.task.destroy(ref)
    except errors.Missing:
        return  # swept already: XenServer keeps 200 finished tasks


def _begin_anew(execution: Execution, number: str, error: errors.XenflowError) -> None:
    """Note that a call is launched again later, under a new label, and raise the error."""
    respect_limit(execution, error)
    attempts = execution.entry.record.point(number).attempts
    execution.entry.update_point(number, attempts=attempts + 1)
    raise error


def find_effect(execution: Execution, label: str, call: Call) -> Outcome | Suspended:
    """Find out what became of a call whose task vanished: done, not done, or unknown.

    A toolstack that restarts may come to an effect that it began before, so a probe that shows none
    is repeated for a while; then the outcome is Busy: the call can be begun anew.
    """
    found = recovery.probe(execution.xen, recorded(execution, label), mark_of(execution, label))
    known = by_effect(execution, label, call, found)
    if known:
        return known
    since = execution.entry.record.point(label).since or execution.entry.now()
    if execution.entry.now() - since >= LATE_EFFECTS:
        undone = errors.Busy("XENFLOW_VANISHED", [call.method])
        return execution.complete(label, outcomes.failure(undone))
    execution.entry.update_point(label, since=since)
    return _probe_later(execution, call)


def by_effect(execution: Execution, label: str, call: Call, found: Finding) -> Outcome | None:
    """Complete a call by its effect on XenServer; None where that shows that it was not made."""
    match found.effect:
        case Effect.DONE:
            return execution.complete(label, outcomes.success(found.result))
        case Effect.UNKNOWN:
            lost = errors.Unknown("XENFLOW_VANISHED", [call.method])
            return execution.complete(label, outcomes.failure(lost))
    return None


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


def recorded(execution: Execution, label: str) -> Call:
    """Return a call as it was launched, with its tag; it must have been intended."""
    call = execution.entry.record.point(label).call
    if call is None:
        raise TypeError(f"{execution.entry.id} intends no call at {label}")
    return Call(call.method, tuple(call.params))


def respect_limit(execution: Execution, error: errors.XenflowError) -> None:
    """Lower the limit of calls in flight where XenServer says that too many wait."""
    if error.code == TOO_MANY:
        execution.lower_limit()
