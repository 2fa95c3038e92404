"""Runs for people: what the journal knows of everything under one Celery root id, as a tree.

A run is a flow with its steps, one operation, or somebody's own chain. Its operations are nested by
the flows around them; what a failing flow undid stands among its steps, marked as undoing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.frame import flow, scripts
from tasks.frame.journal import Journal

LATEST = 1000  # runs among which the beginning of an id is looked for
SHORTEST = 4  # characters of an id that may stand for the whole


class NoSuchRun(LookupError):  # noqa: N818 - said as one speaks
    """No run has this id, or several begin with it; the text says which."""


@dataclass(frozen=True)
class Leg:
    """One leg of an operation: the call of XenServer, and when it was where."""

    label: str
    method: str
    launched: float | None
    parked: float | None
    landed: float | None
    status: str


@dataclass(frozen=True)
class Step:
    """One operation or flow of a run; the times are epoch seconds."""

    id: str
    name: str
    phase: str
    created: float
    ended: float | None
    progress: float | None
    target: str
    origin: str
    inputs: Mapping[str, Any]
    legs: Sequence[Leg]
    answer: Mapping[str, Any] | None
    fault: Mapping[str, Any] | None
    trouble: str
    called_off: str
    undoes: bool
    steps: Sequence["Step"] = field(default_factory=tuple)

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        return None if self.ended is None else self.ended - self.created

    @property
    def waits_for(self) -> Leg | None:
        """The leg that has not landed, if there is one."""
        return next((leg for leg in self.legs if not leg.status), None)

    def everything(self) -> Iterator["Step"]:
        """Go through it and all its steps, as they are nested."""
        yield self
        for step in self.steps:
            yield from step.everything()

    def words(self) -> str:
        """Say in words how it stands: "waits for VM.clone", "succeeded", "rests: ..."."""
        if self.ended is not None:
            return self._end()
        if self.called_off:
            return "is being called off"
        if self.phase == "parked":
            return self._waiting()
        if self.phase == "resting" and self.trouble:
            return f"rests: {self.trouble}"
        return _WORDS.get(self.phase, self.phase)

    def _end(self) -> str:
        if self.fault:
            return f"failed: {self.fault['message']}"
        if self.answer and "not_undone" in self.answer:
            return str(self.answer["return_result"])
        return "undone" if self.undoes else "succeeded"

    def _waiting(self) -> str:
        leg = self.waits_for
        if leg and leg.method:
            return f"waits for {leg.method}"
        return f"waits for its steps ({sum(s.ended is not None for s in self.steps)} ended)"

    def document(self) -> dict[str, Any]:
        """Give it as JSON."""
        told: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "state": self.words(),
            "phase": self.phase,
            "created": self.created,
            "ended": self.ended,
            "progress": self.progress,
            "target": self.target,
            "origin": self.origin,
            "undoes": self.undoes,
            "inputs": dict(self.inputs),
            "legs": [vars(leg) for leg in self.legs],
            "answer": self.answer,
            "fault": self.fault,
        }
        return {**told, "steps": [step.document() for step in self.steps]}


@dataclass(frozen=True)
class Run:
    """Everything under one root id, first begun first."""

    id: str
    steps: Sequence[Step]

    @property
    def name(self) -> str:
        """What it is called: its first operation."""
        return self.steps[0].name if self.steps else "?"

    @property
    def created(self) -> float:
        """When its first operation began."""
        return min(step.created for step in self.steps)

    @property
    def ended(self) -> float | None:
        """When its last operation ended; None while one goes on."""
        ends = [step.ended for step in self.steps]
        return None if None in ends else max(end for end in ends if end is not None)

    def everything(self) -> Iterator[Step]:
        """Go through all operations, as they are nested."""
        for step in self.steps:
            yield from step.everything()

    def find(self, operation: str) -> Step | None:
        """Give the operation of that id."""
        return next((step for step in self.everything() if step.id == operation), None)

    def words(self) -> str:
        """Say in words how it stands: by what fell, else what goes on, else its last operation."""
        fell = [step for step in self.steps if step.fault]
        going = [step for step in self.steps if step.ended is None]
        return (fell or going or list(self.steps))[-1].words()

    def document(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.words(),
            "created": self.created,
            "ended": self.ended,
            "steps": [step.document() for step in self.steps],
        }


class Runs:
    """Read runs out of a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def read(self, root: str) -> Run | None:
        """Give the run of a root id; None where the journal has none."""
        entries = self._entries(self._journal.run(root))
        return Run(root, _nested(entries)) if entries else None

    def latest(self, most: int) -> list[Run]:
        """Give the latest runs, newest first."""
        read = (self.read(root) for root in self._journal.runs(most=most))
        return [run for run in read if run]

    def of(self, name: str) -> Run:
        """Give the run of an operation's id, or of the beginning of a run's; raise NoSuchRun."""
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
    parents = {id_: _parent(fields, entries) for id_, fields in entries.items()}
    undoing = {u for id_, fields in entries.items() for u in _undoing_steps(id_, fields)}

    def under(parent: str | None) -> tuple[Step, ...]:
        mine = [id_ for id_ in entries if parents[id_] == parent]
        return tuple(_step(id_, entries[id_], under(id_), undoes=id_ in undoing) for id_ in mine)

    return under(None)


def _parent(fields: Mapping[str, str], entries: Mapping[str, Any]) -> str | None:
    path = [part for part in fields.get("path", "").split("/") if part in entries]
    return path[-1] if path else None


def _undoing_steps(operation: str, fields: Mapping[str, str]) -> list[str]:
    """Give the ids of the steps by which a failing operation undoes what it made."""
    made = json.loads(fields.get("made_when_failing", "[]"))
    places = ["undo"] if len(made) == 1 else [f"undo/{number}" for number in range(len(made))]
    return [flow.step_id(operation, place) for place in places]


def _step(
    operation: str, fields: Mapping[str, str], steps: tuple[Step, ...], *, undoes: bool
) -> Step:
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
        undoes=undoes,
        steps=steps,
    )


def _legs(fields: Mapping[str, str]) -> tuple[Leg, ...]:
    labels = {name.partition(":")[2] for name in fields if name.startswith(_LEG_FIELDS)}
    return tuple(_leg(label, fields) for label in sorted(labels))


def _leg(label: str, fields: Mapping[str, str]) -> Leg:
    intended = _json(fields, f"leg:{label}") or {}
    outcome = _json(fields, f"outcome:{label}") or {}
    sent = _number(fields, f"sent:{label}")
    return Leg(
        label=label,
        method=intended.get("method", ""),
        launched=intended.get("at", sent),
        parked=_number(fields, f"parked:{label}"),
        landed=_number(fields, f"landed:{label}"),
        status=outcome.get("status", ""),
    )


def _number(fields: Mapping[str, str], name: str) -> float | None:
    return float(fields[name]) if name in fields else None


def _json(fields: Mapping[str, str], name: str) -> Any:  # noqa: ANN401 - a JSON document
    return json.loads(fields[name]) if name in fields else None


_LEG_FIELDS = ("leg:", "outcome:", "sent:", "until:")

_WORDS = {
    "running": "is at work",
    "landed": "goes on in a moment",
    "resting": "rests a moment",
    "settling": "lets its open steps settle",
}
