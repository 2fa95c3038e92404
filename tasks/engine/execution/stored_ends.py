"""What Celery has stored under an id, compared with how the journal says its operation ended.

Anyone who reaches Redis can store a result, and so does a plain worker that is asked to revoke. The
journal is the truth: an end that differs from it is replaced when the message comes again.
"""

from collections.abc import Callable, Mapping
from typing import cast

from celery import states

from tasks.engine.journal import excerpts
from tasks.engine.journal.record import CancelRequest, Document, Record
from xenserver import errors


def is_end_of(known: Record, status: str, result: object) -> bool:
    """Return whether a stored result is the end of the operation of this record."""
    judge = _JUDGES.get(status)
    return judge is not None and judge(known, result)


def _is_answer(known: Record, result: object) -> bool:
    if result == known.answer:
        return known.answer is not None
    is_large = bool(known.answer_key) and isinstance(result, dict)
    return is_large and excerpts.of(cast("Document", result)) == known.answer


def _is_failure(known: Record, result: object) -> bool:
    """Compare with the failure; at the deadline the caller may have been answered before it."""
    if not isinstance(result, errors.XenflowError):
        return False
    if known.answered and isinstance(result, errors.TimedOut):
        return True
    failure = known.failure
    return failure is not None and result.code == failure.code


def _is_revocation(known: Record, _: object) -> bool:
    return known.failure is not None and known.cancel is CancelRequest.REVOKED


_JUDGES: Mapping[str, Callable[[Record, object], bool]] = {
    states.SUCCESS: _is_answer,
    states.FAILURE: _is_failure,
    states.REVOKED: _is_revocation,
}
