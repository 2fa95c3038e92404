"""Resuming a body at a suspension point: what it waits for is begun once, and has one outcome."""

from dataclasses import replace

from tasks.engine.declaration.answers import Accepted
from tasks.engine.declaration.suspensions import Address, Call, Expand, Follow, Pause, Suspension
from tasks.engine.execution import cancellation, outcomes
from tasks.engine.execution.execution import Execution, Suspended
from tasks.engine.execution.outcomes import Result
from tasks.engine.execution.points import addresses, call_ends, calls, expand, follow, pause
from tasks.engine.journal.record import Outcome, OutcomeStatus


def advance(
    execution: Execution, number: str, suspension: Suspension
) -> Result | Accepted | Suspended:
    """Return what a suspension point gives to the body, once it is known.

    Accepted answers the caller before that; Suspended ends this execution.
    """
    label = execution.entry.record.label(number)
    outcome = execution.entry.record.point(label).outcome or _start(execution, label, suspension)
    if isinstance(outcome, Outcome) and isinstance(suspension, Call):
        outcome = call_ends.finish(execution, number, suspension, outcome)
    if not isinstance(outcome, Outcome):
        return outcome
    result = outcomes.result(suspension, outcome, execution.operation.name)
    if outcome.status is OutcomeStatus.CANCELLED and result.error:
        return replace(result, error=cancellation.reason(execution) or result.error)
    return result


def _start(
    execution: Execution, label: str, suspension: Suspension
) -> Outcome | Accepted | Suspended:
    match suspension:
        case Call():
            return calls.start(execution, label, suspension)
        case Follow():
            return follow.start(execution, label, suspension)
        case Pause():
            return pause.start(execution, label, suspension)
        case Address():
            return addresses.start(execution, label, suspension)
        case Expand():
            return expand.start(execution, label, suspension)
