"""How long a transient error is retried, and what the record says of it."""

from dataclasses import dataclass, replace

from config.settings import Settings
from tasks.engine.journal.record import Record, Retry
from tasks.engine.retry import delay
from xenserver import errors


@dataclass(frozen=True)
class Deferral:
    """How long an operation waits before it is tried again, and what its record says of that."""

    seconds: float
    retry: Retry


def after(record: Record, error: errors.XenflowError, settings: Settings, now: float) -> Deferral:
    """Return how long to wait after a transient error: at most until the limit."""
    known = record.retry or Retry(0, now, "")
    seconds, left = delay(known.count), limit(record, error, settings) - now
    seconds = min(seconds, left) if left > 0 else seconds
    retry = Retry(known.count + 1, known.since, error.message, due=now + seconds)
    return Deferral(seconds, retry)


def tried_again(retry: Retry | None, began: float) -> Retry | None:
    """Return a retry without the time in which its message waited for a worker or for Redis.

    XenServer was not asked meanwhile, so nobody knows that it could not be reached.
    """
    if retry is None or not retry.due:
        return retry
    return replace(retry, since=retry.since + max(0.0, began - retry.due), due=0.0)


def limit(record: Record, error: errors.XenflowError, settings: Settings) -> float:
    """Return until when a transient error is retried.

    An unreachable XenServer is retried for `Settings.unreachable_timeout` while nothing of the
    operation is in flight there; a busy object, or a XenServer that does our work, until the
    deadline.
    """
    waits_for_work = record.in_flight or not isinstance(error, errors.Unreachable)
    if waits_for_work or record.retry is None:
        return record.deadline
    return min(record.deadline, record.retry.since + settings.unreachable_timeout)


def is_passing(record: Record, error: errors.XenflowError) -> bool:
    """Return whether an error may pass.

    A profile that is missing or wrong is what the message asked for, and no operation begins with
    it. One whose call XenServer works on waits until the profile is there again.
    """
    if isinstance(error, errors.Busy | errors.Unreachable):
        return True
    return error.code in _PROFILE and record.in_flight


_PROFILE = frozenset({"XENFLOW_TARGET_UNKNOWN", "XENFLOW_TARGET_WRONG", "XENFLOW_PASSWORD_MISSING"})
