"""Counters of what happened, for metrics: one hash, with a field for each kind of event.

A field is the words of its kind, one in each line. Scripts count in the script that writes what is
counted, so that nothing is counted twice.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasks.engine.journal import scripts
from tasks.engine.journal.record import FAILED_BY, NOT_UNDONE, Document, Failure, Record

if TYPE_CHECKING:
    from redis import Redis

OTHER = "(other)"
"""The target of operations that ended when there were very many kinds of events already."""

RESENT = "resent"
STALLED = "reconciler\nstalled"
ORPHAN = "reconciler\norphan"
KEPT = 30 * 86400  # seconds for which counters stay when nothing happens


def kinds_of_end(known: Record, how: Document | Failure, *, is_step: bool) -> list[str]:
    """Return the words for an operation that ends: a run or a step, its name, target, outcome.

    The second words are for where there are very many targets.
    """
    part, outcome = "step" if is_step else "run", _outcome(known, how)
    targets = (known.target, OTHER)
    return [f"{part}\n{known.name}\n{target}\n{outcome}" for target in targets]


def _outcome(known: Record, how: Document | Failure) -> str:
    if isinstance(how, Failure):
        return FAILED_BY.get(how.type, "failed")
    if known.undoes:
        return "not_undone" if NOT_UNDONE in how else "undone"
    return "succeeded"


def read(redis: "Redis", key: str) -> Mapping[tuple[str, ...], float]:
    """Return all counters, by their words."""
    found = scripts.fields(redis.hgetall(key))
    return {tuple(name.split("\n")): float(value) for name, value in found.items()}


def add(redis: "Redis", key: str, field: str, by: int) -> None:
    """Count this many events of a kind."""
    with redis.pipeline() as steps:
        steps.hincrby(key, field, by)
        steps.expire(key, KEPT)
        steps.execute()
