"""Excerpts: what a record keeps of a large answer that the result backend keeps whole."""

import json
from dataclasses import replace

from tasks.engine.journal import json_values, record_hash
from tasks.engine.journal.record import Document, Point, Record

LARGE = 8 * 1024
"""Characters of JSON beyond which a record keeps no copy of an answer or outcome."""

_FIELD = 1024  # characters of JSON that a field of an excerpt has at most
_WORDS = "return_result"


def of(answer: Document) -> Document | None:
    """Return the small fields of a large answer, and how its words begin; None of a small one."""
    sizes = {name: len(json_values.encode(value)) for name, value in answer.items()}
    if sum(sizes.values()) <= LARGE:
        return None
    small = {name: value for name, value in answer.items() if sizes[name] <= _FIELD}
    if _WORDS in answer:
        small[_WORDS] = _beginning(str(answer[_WORDS]))
    return small


def _beginning(text: str) -> str:
    return text if len(text) <= _FIELD else f"{text[:_FIELD]}..."


def whole(stored: str | bytes | None) -> Document | None:
    """Return the answer in a result as Celery stores it; None where there is none."""
    result = json.loads(stored) if stored else {}
    return dict(result["result"]) if result.get("status") == "SUCCESS" else None


def spent(known: Record) -> dict[str, str]:
    """Return the large fields of an operation that are of no use after its end, emptied."""
    fields = {"message": ""} if len(known.message) > LARGE else {}
    for label, point in known.points.items():
        fields |= record_hash.point_changes(label, point, _without_result(point))
    return fields


def _without_result(point: Point) -> Point:
    outcome = point.outcome
    if outcome is None or len(json_values.encode(outcome.result)) <= LARGE:
        return point
    return replace(point, outcome=replace(outcome, result=""))
