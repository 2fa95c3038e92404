"""Outcomes of suspension points: made of what XenServer says, and what they mean to a body."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from tasks.engine.declaration.suspensions import Follow, Running, Suspension
from tasks.engine.execution import failures
from tasks.engine.journal.record import Outcome, OutcomeStatus
from xenserver import errors, events

if TYPE_CHECKING:
    from pydantic import JsonValue

T = TypeVar("T")

VANISHED = Outcome(OutcomeStatus.VANISHED)
STUCK = Outcome(OutcomeStatus.STUCK)
LATE = Outcome(OutcomeStatus.LATE)


@dataclass(frozen=True)
class Result:
    """What a suspension point gives to its body: a value or an error."""

    value: object = None
    error: errors.XenflowError | None = None

    def resume(self, body: Running[T]) -> Callable[[], Suspension]:
        """Return the step that carries the result into the body."""
        if self.error:
            return partial(body.throw, self.error)
        return partial(body.send, self.value)


def success(result: object = "") -> Outcome:
    """Return a success with what XenServer, a guest or a step answered."""
    return Outcome(OutcomeStatus.SUCCESS, cast("JsonValue", result))  # it came as JSON


def failure(error: errors.XenflowError) -> Outcome:
    """Return a failure with an error of the tree."""
    return Outcome(OutcomeStatus.FAILURE, error=failures.record(error))


def of_end(end: events.TaskEnd) -> Outcome:
    """Return the end of a XenServer task as an outcome."""
    return Outcome(
        OutcomeStatus(end.status),
        [*end.result] if isinstance(end.result, list) else end.result,
        list(end.error_info),
        end.finished,
    )


def document(outcome: Outcome) -> dict[str, object]:
    """Return an outcome as a body gets it that follows a task."""
    known = asdict(outcome)
    del known["error"]
    return {**known, "status": outcome.status.value}


def result(suspension: Suspension, outcome: Outcome, name: str) -> Result:
    """Return what an outcome means to the body of the operation of that name."""
    if isinstance(suspension, Follow):
        return _followed(suspension, outcome, name)
    found = error(outcome, name)
    if found:
        return Result(error=found)
    return Result(None if outcome.status is OutcomeStatus.LATE else outcome.result)


def _followed(task: Follow, outcome: Outcome, name: str) -> Result:
    vanished = outcome.status is OutcomeStatus.VANISHED
    found = None if task.any_end else error(outcome, task.ref if vanished else name)
    return Result(error=found) if found else Result(document(outcome))


def error(outcome: Outcome, name: str) -> errors.XenflowError | None:
    """Return the error that an outcome means; None for a success."""
    match outcome.status:
        case OutcomeStatus.SUCCESS | OutcomeStatus.LATE:
            return None
        case OutcomeStatus.CANCELLED:
            return errors.Cancelled("XENFLOW_CANCELLED", [name])
        case OutcomeStatus.VANISHED | OutcomeStatus.STUCK:
            return errors.Unknown("XENFLOW_VANISHED", [name])
    if outcome.error:
        return failures.error(outcome.error)
    code, *params = outcome.error_info or ["XENFLOW_VANISHED", name]
    return errors.from_api(code, params)


def is_vanished(outcome: Outcome) -> bool:
    """Return whether the outcome leaves open whether a call was done.

    A toolstack sweeps the tasks of its own subtasks too. A call whose subtask is gone fails by the
    handle of that task, whatever it has done by then.
    """
    if outcome.status in {OutcomeStatus.VANISHED, OutcomeStatus.STUCK}:
        return True
    code, *params = [*outcome.error_info, ""]
    return names_a_task(errors.from_api(code, params))


def names_a_task(error: errors.XenflowError) -> bool:
    """Return whether XenServer complains of a task that is gone, and not of what a caller named."""
    return error.code == "HANDLE_INVALID" and error.params[:1] in (["task"], ["Task"])
