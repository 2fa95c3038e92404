"""Stopping early: an operation that was called off, or whose deadline has passed.

Nothing new begins then. What runs on XenServer is asked to cancel, and its end is waited for, since
only the end tells whether there is an effect: to the deadline when it was called off, and a little
beyond when the deadline itself is the reason.
"""

from tasks.engine.execution.execution import Execution
from xenserver import errors

GRACE = 20.0  # seconds that a cancelled XenServer task is given to end after the deadline


def reason(execution: Execution) -> errors.XenflowError | None:
    """Return why this operation is to stop early, if it is."""
    name, entry = execution.operation.name, execution.entry
    if "called_off" in entry.fields:
        return errors.Cancelled("XENFLOW_CANCELLED", [name])
    if execution.now() >= entry.number("deadline"):
        allowed = entry.number("deadline") - entry.number("created")
        return errors.TimedOut("XENFLOW_TIMED_OUT", [name, f"{allowed:.0f}"])
    return None


def stop_here(execution: Execution) -> None:
    """Raise the reason to stop, if there is one, before anything new begins."""
    why = reason(execution)
    if why:
        raise why


def stop_xenserver(execution: Execution, label: str, ref: str) -> None:
    """Ask XenServer once to cancel what runs, if there is a reason; raise it if no end comes."""
    why = reason(execution)
    if why is None:
        return
    asked = execution.entry.number(f"stopped:{label}")
    if not asked:
        execution.entry.note(f"stopped:{label}", str(execution.now()))
        if isinstance(why, errors.Cancelled) or getattr(execution.said, "cancel_on_timeout", True):
            cancel(execution, ref)
    elif execution.now() > execution.entry.number("deadline") + GRACE:
        raise why


def cancel(execution: Execution, ref: str) -> None:
    """Ask XenServer to cancel a task."""
    try:
        execution.xen.task.cancel(ref)
    except errors.XenflowError:
        return  # it has ended and is gone, or cannot be cancelled: then its end is waited for


def last_moment(execution: Execution, label: str) -> float:
    """Return when a leg that runs on XenServer is to be looked at again, whatever happens."""
    deadline = execution.entry.number("deadline")
    return deadline + GRACE if execution.entry.number(f"stopped:{label}") else deadline
