"""Ending early: an operation that somebody cancels, or whose deadline has passed.

Nothing new begins then. What runs on XenServer is asked to cancel, and its end is waited for, since
only the end tells whether there is an effect.
"""

from config import durations
from tasks.engine.execution import causes
from tasks.engine.execution.execution import Execution
from xenserver import errors

GRACE = 20.0  # seconds after the deadline in which a cancelled call may end before the answer
SELDOM = 60.0  # seconds between two looks at a call after that


def reason(execution: Execution) -> errors.XenflowError | None:
    """Return why this operation is to end early, if it is."""
    name, record = execution.operation.name, execution.entry.record
    if record.cancel:
        return errors.Cancelled("XENFLOW_CANCELLED", [name])
    if execution.entry.now() >= record.deadline:
        return _timed_out(name, record.deadline - record.created, causes.of_delay(execution))
    return None


def _timed_out(name: str, allowed: float, cause: str) -> errors.XenflowError:
    """Return the error of an operation that took too long, with what it last waited for."""
    params = [name, durations.text(allowed)]
    if not cause:
        return errors.from_api("XENFLOW_TIMED_OUT", params)
    text = f"{name} took longer than {params[1]} s; its last error: {cause}"
    return errors.from_api("XENFLOW_TIMED_OUT", [*params, cause], text=text)


def stop_here(execution: Execution) -> None:
    """Raise the reason to end early, if there is one, before anything new begins."""
    why = reason(execution)
    if why:
        raise why


def is_overdue(execution: Execution) -> bool:
    """Return whether the caller is not to wait any longer for what XenServer does."""
    return execution.entry.now() >= execution.entry.record.deadline + GRACE


def request(execution: Execution, label: str, ref: str) -> None:
    """Ask XenServer once to cancel the task of a suspension point."""
    if not execution.entry.record.point(label).cancel_sent:
        execution.entry.update_point(label, cancel_sent=execution.entry.now())
        send(execution, ref)


def send(execution: Execution, ref: str) -> None:
    """Ask XenServer to cancel a task."""
    try:
        execution.xen.task.cancel(ref)
    except errors.XenflowError:
        return  # it has ended and is gone, or cannot be cancelled: then its end is waited for


def may_cancel(execution: Execution) -> bool:
    """Return whether what runs on XenServer is to be cancelled when the operation ends early."""
    cancelled = execution.entry.record.cancel is not None
    return cancelled or bool(getattr(execution.message, "cancel_on_timeout", True))


def next_check(execution: Execution) -> float:
    """Return when a call that runs on XenServer is to be looked at again, whatever happens."""
    deadline, now = execution.entry.record.deadline, execution.entry.now()
    return next((moment for moment in (deadline, deadline + GRACE) if moment > now), now + SELDOM)
