"""Runs, read out of the journal: the latest, or one by its id.

Celery is not imported here: a command that only looks at runs starts without it.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import unquote

from tasks.engine.journal import scripts
from tasks.engine.journal.journal import Journal
from workers.run_record import Run, Step, Suspension

LATEST = 1000  # runs among which the beginning of an id is looked for
MOST = 100_000  # runs among which matching ones are looked for
BATCH = 50  # runs that are read at once
SHORTEST = 4  # characters of an id that may stand for the whole

_POINT_FIELDS = ("leg:", "outcome:", "sent:", "until:")
_FELL = ":fell"  # the notice that a step of somebody else's failed: no suspension point


class NoSuchRun(LookupError):
    """No run has this id, or several begin with it; the text says which."""


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

    def find(self, name: str) -> Run:
        """Return the run of an operation's id, or of the beginning of a run's; raise NoSuchRun."""
        root = self._journal.redis.hget(self._journal.keys.entry(name), "root")
        run = self.read(self._whole(name) if root is None else scripts.text(root))
        if run is None:
            raise NoSuchRun(_unknown(name))
        return run

    def _whole(self, beginning: str) -> str:
        if len(beginning) < SHORTEST:
            raise NoSuchRun(_unknown(beginning))
        known = [r for r in self._journal.runs(most=LATEST) if r.startswith(beginning)]
        if len(known) != 1:
            several = f"several runs begin with {beginning}: {', '.join(known)}"
            raise NoSuchRun(several if known else _unknown(beginning))
        return known[0]

    def _read(self, roots: Sequence[str]) -> Iterator[Run]:
        """Yield the runs of root ids, with two calls of Redis for all of them."""
        pipe = self._journal.redis.pipeline(transaction=False)
        for root in roots:
            pipe.zrange(self._journal.keys.run(root), 0, -1)
        members = [[scripts.text(one) for one in found] for found in pipe.execute()]
        for operation in (one for found in members for one in found):
            pipe.hgetall(self._journal.keys.entry(operation))
        entries = iter(pipe.execute())
        for root, operations in zip(roots, members, strict=True):
            known = {operation: _texts(next(entries)) for operation in operations}
            nested = _nested({id_: fields for id_, fields in known.items() if fields})
            if nested:
                yield Run(root, nested)


def _unknown(name: str) -> str:
    return f"no run {name!r} is known: it has not begun, or its record has been forgotten"


def _texts(fields: Mapping[Any, Any]) -> dict[str, str]:
    return {scripts.text(name): scripts.text(value) for name, value in fields.items()}


def _nested(entries: Mapping[str, Mapping[str, str]]) -> tuple[Step, ...]:
    """Put each operation under the innermost flow of its path that is known."""
    children: dict[str | None, list[str]] = defaultdict(list)
    for operation, fields in entries.items():
        children[_parent(fields, entries)].append(operation)

    def under(parent: str | None) -> tuple[Step, ...]:
        return tuple(_step(id_, entries[id_], under(id_)) for id_ in children[parent])

    return under(None)


def _parent(fields: Mapping[str, str], entries: Mapping[str, Any]) -> str | None:
    flows = [unquote(part) for part in fields.get("path", "").split("/")]
    known = [flow for flow in flows if flow in entries]
    return known[-1] if known else None


def _step(operation: str, fields: Mapping[str, str], steps: tuple[Step, ...]) -> Step:
    return Step(
        id=operation,
        name=fields.get("name", "?"),
        phase=fields.get("phase", "?"),
        created=float(fields.get("created", 0)),
        ended=_number(fields, "ended"),
        progress=_number(fields, "progress"),
        target=fields.get("target", ""),
        origin=fields.get("origin", ""),
        inputs=_json(fields, "inputs") or {},
        suspensions=_suspensions(fields),
        answer=_json(fields, "answer"),
        failure=_json(fields, "fault"),
        reason=fields.get("trouble", ""),
        cancelled=fields.get("called_off", ""),
        undoes="undoes" in fields,
        steps=steps,
    )


def _suspensions(fields: Mapping[str, str]) -> tuple[Suspension, ...]:
    labels = {name.partition(":")[2] for name in fields if name.startswith(_POINT_FIELDS)}
    return tuple(
        _suspension(label, fields) for label in sorted(labels) if not label.endswith(_FELL)
    )


def _suspension(label: str, fields: Mapping[str, str]) -> Suspension:
    intended = _json(fields, f"leg:{label}") or {}
    outcome = _json(fields, f"outcome:{label}") or {}
    return Suspension(
        label=label,
        method=intended.get("method", ""),
        launched=intended.get("at"),
        parked=_number(fields, f"parked:{label}"),
        landed=_number(fields, f"landed:{label}"),
        status=outcome.get("status", ""),
    )


def _number(fields: Mapping[str, str], name: str) -> float | None:
    return float(fields[name]) if name in fields else None


def _json(fields: Mapping[str, str], name: str) -> Any:
    return json.loads(fields[name]) if name in fields else None
