"""Failing: how an operation ends that cannot go on, over as many deliveries as that takes.

    begin --> CALLS --> STEPS --> ROLLBACK --> END
                |         |          |
                |         |          +-- the steps that undo what was made are at work
                |         +------------- steps that began before are at work
                +----------------------- a call of its own is at work on XenServer

Each stage is left when there is nothing more to wait for, and never entered again. A delivery goes
through as many stages as it can; what it waits for sends the message again.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import structlog

from tasks.engine.declaration.suspensions import Expand
from tasks.engine.execution import (
    cancellation,
    destruction,
    failures,
    goals,
    outcomes,
    rollback,
    surplus,
)
from tasks.engine.execution.execution import Answered, End, Execution, Failed, Ignored, Suspended
from tasks.engine.execution.points import call_ends, calls, expand
from tasks.engine.execution.probes import NAMED
from tasks.engine.journal.record import (
    CancelRequest,
    Failing,
    FailingStage,
    Failure,
    Made,
    Outcome,
    Phase,
)
from xenserver import errors
from xenserver.objects import Call

log = structlog.get_logger()

OPEN_STEPS_CHECK = 30.0  # seconds after which a failing operation looks at its open steps again
UNDO = "undo"  # the label of the suspension point at which what was made is undone


def begin(execution: Execution, error: Exception) -> None:
    """Write down why an operation fails: from now on it goes through the stages."""
    ours = execution.with_names(failures.foreign(error))
    name = execution.entry.record.name
    failing = Failing(execution.entry.id, name, failures.record(ours, error))
    execution.entry.update(failing=failing, stage=FailingStage.CALLS)
    execution.save()


def advance(execution: Execution) -> End:
    """Run the stages, from the one that was reached, until one has to wait."""
    while True:
        stage = execution.entry.record.stage or FailingStage.CALLS
        following = _STAGES[stage](execution)
        if not isinstance(following, FailingStage):
            return following
        execution.entry.update(stage=following)


def answer_early(execution: Execution, end: End) -> End:
    """Answer the caller of an overdue failing operation: once, outside of flows.

    The run goes on until no call of it is at work, and what it made is undone.
    """
    failing, answered = execution.entry.record.failing, execution.entry.record.answered
    if not isinstance(end, Suspended) or failing is None or answered or execution.place.flow:
        return end
    if not cancellation.is_overdue(execution):
        return end
    error = failing.error
    text = f"{error.message}; the run continues: {end.reason}"
    return replace(end, early=failures.error(replace(error, message=text)))


def _drain_calls(execution: Execution) -> End | FailingStage:
    """Wait until no call of this operation is at work on XenServer: its end shows its effect."""
    for label, point in sorted(execution.entry.record.points.items()):
        if point.call and point.outcome is None and point.unsent:
            _unmark_unsent(execution, label)
        elif point.call and point.outcome is None:
            waiting = _drain_call(execution, label)
            if waiting:
                return waiting
    return FailingStage.STEPS


def _unmark_unsent(execution: Execution, label: str) -> None:
    """Take the mark of a call that was never sent off its source, if XenServer can be asked."""
    with suppress(errors.XenflowError):
        call_ends.unmark(execution, label)


def _drain_call(execution: Execution, label: str) -> Suspended | None:
    call = call_ends.recorded(execution, label)
    ref = execution.entry.record.point(label).task or calls.recover(execution, label, call)
    if not isinstance(ref, str):
        return None
    if cancellation.may_cancel(execution):
        cancellation.request(execution, label, ref)
    outcome = call_ends.read_end(execution, label, ref, call)
    if isinstance(outcome, Outcome) and outcomes.is_vanished(outcome):
        outcome = call_ends.find_effect(execution, label, call)
    if isinstance(outcome, Suspended):
        return outcome
    call_ends.tidy(execution, label, _under_its_name(execution, call), outcome)
    return None


def _under_its_name(execution: Execution, call: Call) -> Call:
    """Return a call as the body made it, where what it makes is kept."""
    name = getattr(execution.message, "name", None)
    if not execution.keeps or call.method not in NAMED or name is None:
        return call
    params = list(call.params)
    params[NAMED[call.method].at] = name
    return replace(call, params=tuple(params))


def _drain_steps(execution: Execution) -> End | FailingStage:
    """Wait until no step is open; one that ends early itself, or is cancelled, cancels its steps.

    A flow within a cancelled flow may fail first by a step that was not let begin.
    """
    open_steps = execution.runtime.journal.open_steps(execution.entry.id)
    if not open_steps:
        return FailingStage.ROLLBACK
    failing = _first(execution)
    ends_early = failing.error.type in _ENDS_EARLY and failing.step == execution.entry.id
    if ends_early or execution.entry.record.cancel:
        for step in open_steps:
            _, sending = execution.runtime.journal.cancel(step, CancelRequest.CANCELLED)
            execution.runtime.publisher.resume(sending)
    reason = f"waits for {len(open_steps)} steps to end"
    until = execution.entry.now() + OPEN_STEPS_CHECK
    execution.defer(reason, until=until, phase=Phase.DRAINING)
    return Suspended(reason)


def _roll_back(execution: Execution) -> End | FailingStage:
    """Undo what was made, last made first, as steps of this run."""
    entry = execution.entry
    if entry.record.to_undo is None:
        entry.update(to_undo=rollback.everything(execution))
        execution.save()
    objects = entry.record.to_undo or []
    if not objects or execution.keeps or entry.record.point(UNDO).outcome:
        return FailingStage.END
    steps = Expand(rollback.canvas(objects))
    waiting = expand.start(execution, UNDO, steps, undoes=True)
    return waiting if isinstance(waiting, Suspended) else FailingStage.END


def _end(execution: Execution) -> End:
    """End with the first error, and with what became of what was made, and of what was to go."""
    objects = execution.entry.record.to_undo or []
    if execution.keeps:
        undone = rollback.Undone(kept=objects)
    else:
        undone = rollback.outcome(objects, execution.entry, execution.runtime.journal)
    keep, failing = execution.keeps, _first(execution)
    if execution.place.undoes:
        answer = rollback.answer(rollback.failure(failing, undone, keep=keep))
        execution.runtime.journal.finish(execution.entry, execution.place, answer)
        return Answered(answer)
    records = destruction.records_of(execution)
    remains = destruction.remains(execution, records)
    reached = goals.text(execution, records)
    failure = rollback.failure(failing, undone, keep=keep, remains=remains, reached=reached)
    left = undone.left()
    return _end_with(execution, failure, left, leaves=bool(left))


def give_up(execution: Execution, defect: Exception) -> End:
    """End, for a defect of our own, without undoing what is not undone yet."""
    log.error("failing.defect", operation=execution.entry.id, exc_info=defect)
    objects = execution.entry.record.to_undo or []
    undone = rollback.Undone(not_undone=objects)
    failure = rollback.failure(_first(execution), undone, keep=execution.keeps)
    error = failures.foreign(defect)
    ended = replace(failure, message=f"{failure.message}; undoing it failed: {error.message}")
    return _end_with(execution, ended, objects, leaves=True)


def _end_with(execution: Execution, failure: Failure, left: list[Made], *, leaves: bool) -> End:
    record, place = execution.entry.record, execution.place
    sending = execution.runtime.journal.finish(
        execution.entry, place, failure, made=left if place.flow else (), leaves=leaves
    )
    execution.runtime.publisher.resume(sending)
    surplus.undo_noted(execution)
    if record.answered:
        return Ignored("its caller was answered at the deadline")
    return Failed(failures.error(failure), revoked=record.cancel is CancelRequest.REVOKED)


def _first(execution: Execution) -> Failing:
    failing = execution.entry.record.failing
    if failing is None:
        raise TypeError(f"{execution.entry.id} does not fail")
    return failing


_ENDS_EARLY = frozenset({errors.Cancelled.__name__, errors.TimedOut.__name__})
_STAGES: dict[FailingStage, Callable[[Execution], End | FailingStage]] = {
    FailingStage.CALLS: _drain_calls,
    FailingStage.STEPS: _drain_steps,
    FailingStage.ROLLBACK: _roll_back,
    FailingStage.END: _end,
}
