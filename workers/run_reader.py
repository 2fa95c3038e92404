"""Runs, read out of the journal: the latest, or one by its id.

Celery is not imported here: a command that only looks at runs starts without it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import islice
from urllib.parse import unquote

from config import redis_replies
from tasks.engine.journal import record_hash, scripts
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.record import FAILED_CALLBACK, Point, Record
from workers.run_record import Run, Step, Suspension

LATEST = 1000  # runs among which the beginning of an id is looked for
MOST = 100_000  # runs among which matching ones are looked for
BATCH = 50  # runs that are read at once
SHORTEST = 4  # characters of an id that may stand for the whole


class NoSuchRun(LookupError):
    """No run has this id, or several begin with it; the text says which."""


class SeveralRuns(NoSuchRun):
    """Several runs have an id that begins so."""


class Runs:
    """Read runs out of a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def read(self, root: str) -> Run | None:
        """Return the run of a root id; None where the journal has none."""
        return next(iter(self._read([root])), None)

    def latest(
        self, most: int, *, matches: Callable[[Run], bool] | None = None, since: float = 0.0
    ) -> list[Run]:
        """Return the latest runs that match and began since a moment, newest first."""
        known = self._journal.runs(most=MOST if matches else most, since=since)
        batches = (known[first : first + BATCH] for first in range(0, len(known), BATCH))
        read = (run for batch in batches for run in self._read(batch))
        return list(islice(filter(matches, read), most))

    def find(self, name: str, *, whole: bool = False) -> Run:
        """Return the run of an operation's id, or of the beginning of a run's; raise NoSuchRun.

        `whole` is for answers as they were given, where the journal has only excerpts.
        """
        root = self._journal.redis.hget(self._journal.keys.entry(name), "root")
        found = self._full_id(name) if root is None else scripts.text(root)
        run = next(iter(self._read([found], whole=whole)), None)
        if run is None:
            raise NoSuchRun(_unknown(name))
        return run

    def _full_id(self, beginning: str) -> str:
        if len(beginning) < SHORTEST:
            text = f"no run {beginning!r} is known: give at least {SHORTEST} characters of its id"
            raise NoSuchRun(text)
        known = [r for r in self._journal.runs(most=LATEST) if r.startswith(beginning)]
        if len(known) > 1:
            raise SeveralRuns(f"several runs begin with {beginning}: {', '.join(known)}")
        if not known:
            raise NoSuchRun(_unknown(beginning))
        return known[0]

    def _read(self, roots: Sequence[str], *, whole: bool = False) -> Iterator[Run]:
        """Yield the runs of root ids, with two calls of Redis for all of them."""
        pipe = self._journal.redis.pipeline(transaction=False)
        for root in roots:
            pipe.zrange(self._journal.keys.run(root), 0, -1)
        members = [scripts.texts(found or ()) for found in redis_replies.executed(pipe)]
        for operation in (one for found in members for one in found):
            pipe.hgetall(self._journal.keys.entry(operation))
        entries = iter(redis_replies.executed(pipe))
        for root, operations in zip(roots, members, strict=True):
            hashes = {operation: scripts.fields(next(entries) or {}) for operation in operations}
            known = {id_: record_hash.read(hash_) for id_, hash_ in hashes.items() if hash_}
            if whole:
                known = {id_: self._answered(one) for id_, one in known.items()}
            nested = _nested(known)
            if nested:
                yield Run(root, nested)

    def _answered(self, known: Record) -> Record:
        """Return a record with its whole answer, as long as that is kept."""
        return replace(known, answer=self._journal.answer(known) or known.answer)


def _unknown(name: str) -> str:
    return f"no run {name!r} is known: none waits in a queue, or its record has been forgotten"


def _nested(entries: Mapping[str, Record]) -> tuple[Step, ...]:
    """Sort each operation under the innermost flow of its path that is known."""
    children: dict[str | None, list[str]] = defaultdict(list)
    for operation, known in entries.items():
        children[_parent(known, entries)].append(operation)

    def under(parent: str | None) -> tuple[Step, ...]:
        return tuple(_step(id_, entries[id_], under(id_)) for id_ in children[parent])

    return under(None)


def _parent(known: Record, entries: Mapping[str, Record]) -> str | None:
    flows = [unquote(part) for part in known.path.split("/")]
    around = [flow for flow in flows if flow in entries]
    return around[-1] if around else None


def _step(operation: str, known: Record, steps: tuple[Step, ...]) -> Step:
    return Step(
        id=operation,
        name=known.name or "?",
        phase=known.phase or "?",
        created=known.created,
        ended=known.ended,
        progress=known.progress,
        target=known.target,
        origin=known.origin,
        inputs=known.inputs,
        suspensions=_suspensions(known),
        answer=known.answer,
        failure=asdict(known.failure) if known.failure else None,
        reason=known.retry.message if known.retry else "",
        cancelled=known.cancel or "",
        undoes=known.undoes,
        refused=known.refused,
        refusals=known.refusals,
        steps=steps,
    )


def _suspensions(known: Record) -> tuple[Suspension, ...]:
    found = sorted(known.points.items())
    return tuple(_suspension(label, point) for label, point in found if not _is_note(label, point))


def _is_note(label: str, point: Point) -> bool:
    """Return whether nothing is waited for there: a count of attempts, a callback that came."""
    return point == Point(attempts=point.attempts) or label.endswith(FAILED_CALLBACK)


def _suspension(label: str, point: Point) -> Suspension:
    return Suspension(
        label=label,
        method=point.call.method if point.call else "",
        launched=point.call.at if point.call else None,
        parked=point.parked or None,
        landed=point.landed or None,
        status=point.outcome.status.value if point.outcome else "",
        error=next(iter(point.outcome.error_info), "") if point.outcome else "",
    )
