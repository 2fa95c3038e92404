"""Runs, read out of the journal: the latest, or one by its id."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.engine.journal import scripts
from tasks.engine.journal.journal import Journal
from tasks.engine.messages import publisher
from workers.run_record import Leg, Run, Step

LATEST = 1000  # runs among which the beginning of an id is looked for
SHORTEST = 4  # characters of an id that may stand for the whole

_LEG_FIELDS = ("leg:", "outcome:", "sent:", "until:")
_FELL = ":fell"  # the news that a step of somebody else's fell: no leg


class NoSuchRun(LookupError):
    """No run has this id, or several begin with it; the text says which."""


class Runs:
    """Read runs out of a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def read(self, root: str) -> Run | None:
        """Return the run of a root id; None where the journal has none."""
        entries = self._entries(self._journal.run(root))
        return Run(root, _nested(entries)) if entries else None

    def latest(self, most: int) -> list[Run]:
        """Return the latest runs, newest first."""
        read = (self.read(root) for root in self._journal.runs(most=most))
        return [run for run in read if run]

    def of(self, name: str) -> Run:
        """Return the run of an operation's id, or of the beginning of a run's; raise NoSuchRun."""
        entry = self._journal.read(name)
        run = self.read(entry["root"] if entry else self._whole(name))
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

    def _entries(self, operations: Sequence[str]) -> dict[str, dict[str, str]]:
        pipe = self._journal.redis.pipeline(transaction=False)
        for operation in operations:
            pipe.hgetall(self._journal.keys.entry(operation))
        found = zip(operations, pipe.execute(), strict=True)
        return {id_: _texts(fields) for id_, fields in found if fields}


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
    path = [flow for flow in publisher.path_of(fields.get("path", "")) if flow in entries]
    return path[-1] if path else None


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
        legs=_legs(fields),
        answer=_json(fields, "answer"),
        fault=_json(fields, "fault"),
        trouble=fields.get("trouble", ""),
        called_off=fields.get("called_off", ""),
        undoes="undoes" in fields,
        steps=steps,
    )


def _legs(fields: Mapping[str, str]) -> tuple[Leg, ...]:
    labels = {name.partition(":")[2] for name in fields if name.startswith(_LEG_FIELDS)}
    return tuple(_leg(label, fields) for label in sorted(labels) if not label.endswith(_FELL))


def _leg(label: str, fields: Mapping[str, str]) -> Leg:
    intended = _json(fields, f"leg:{label}") or {}
    outcome = _json(fields, f"outcome:{label}") or {}
    return Leg(
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
