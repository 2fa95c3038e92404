"""A run, as people see it: everything under one Celery root id, as values.

A run is a flow with its steps, one operation, or somebody's own chain. Its operations are nested by
the flows around them; what a failing flow undid stands among its steps, marked as undoing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


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
    def return_result(self) -> str:
        """What it answered first of all, or its error in words; nothing while it goes on."""
        if self.fault:
            return str(self.fault["message"])
        return str((self.answer or {}).get("return_result", ""))

    @property
    def exception(self) -> str:
        """The message and the stack trace of its error, or nothing."""
        if not self.fault:
            return ""
        told = (self.fault["message"], self.fault.get("traceback", ""))
        return "\n".join(part for part in told if part)

    @property
    def waits_for(self) -> Leg | None:
        """The leg that has not landed, if there is one."""
        return next((leg for leg in self.legs if not leg.status), None)

    def everything(self) -> Iterator["Step"]:
        """Go through it and all its steps, as they are nested."""
        yield self
        for step in self.steps:
            yield from step.everything()

    @property
    def state(self) -> str:
        """How it stands, in one word: open, succeeded, failed or undone."""
        if self.ended is None:
            return "open"
        if self.fault or (self.answer and "not_undone" in self.answer):
            return "failed"
        return "undone" if self.undoes else "succeeded"

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
        return self.state

    def _waiting(self) -> str:
        leg = self.waits_for
        if leg and leg.method:
            return f"waits for {leg.method}"
        if leg and leg.label == "undo":
            return "undoes what it made"
        return f"waits for its steps ({sum(s.ended is not None for s in self.steps)} ended)"

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        told: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "words": self.words(),
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
            "return_result": self.return_result,
            "exception": self.exception,
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
        """Return the operation of that id."""
        return next((step for step in self.everything() if step.id == operation), None)

    def words(self) -> str:
        """Say in words how it stands: by what fell, else what goes on, else its last operation."""
        return self._telling.words()

    @property
    def _telling(self) -> Step:
        fell = [step for step in self.steps if step.fault]
        going = [step for step in self.steps if step.ended is None]
        return (fell or going or list(self.steps))[-1]

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self._telling.state,
            "words": self.words(),
            "created": self.created,
            "ended": self.ended,
            "steps": [step.document() for step in self.steps],
        }


_WORDS = {
    "running": "is at work",
    "landed": "goes on in a moment",
    "resting": "rests a moment",
    "settling": "lets its open steps settle",
}
