"""A run as values: everything under one Celery root id.

A run is a flow with its steps, one operation, or somebody's own chain. Its operations are nested by
the flows around them; the steps that undo what a failing flow made are among its steps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.engine.journal.record import FAILED_BY, NOT_UNDONE, Phase

SENT = "sent"
"""The phase, and the state, of an operation whose message no worker has begun with."""


@dataclass(frozen=True)
class Suspension:
    """One suspension point of an operation: its call of XenServer, and when it passed what."""

    label: str
    method: str
    launched: float | None
    parked: float | None
    landed: float | None
    status: str
    error: str = ""  # XenServer's code, where it failed

    @property
    def is_repeated(self) -> bool:
        """Whether the call was begun anew: its label has the number of the attempt."""
        return "." in self.label


@dataclass(frozen=True)
class Step:
    """One operation or flow of a run; the times are epoch seconds.

    One whose message no worker has begun with was not created at any time that is known.
    """

    id: str
    name: str
    phase: str
    created: float | None
    ended: float | None
    progress: float | None
    target: str
    origin: str
    inputs: Mapping[str, Any]
    suspensions: Sequence[Suspension]
    answer: Mapping[str, Any] | None
    failure: Mapping[str, Any] | None
    reason: str
    cancelled: str
    undoes: bool
    refused: str = ""
    refusals: int = 0
    steps: Sequence["Step"] = field(default_factory=tuple)

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it is open."""
        if self.ended is None or self.created is None:
            return None
        return self.ended - self.created

    @property
    def return_result(self) -> str:
        """The answer's `return_result`, or the message of the error; empty while it is open."""
        if self.failure:
            return str(self.failure["message"])
        return str((self.answer or {}).get("return_result", ""))

    @property
    def exception(self) -> str:
        """The message and the stack trace of its error, or nothing."""
        if not self.failure:
            return ""
        parts = (self.failure["message"], self.failure.get("traceback", ""))
        return "\n".join(part for part in parts if part)

    @property
    def waits_for(self) -> Suspension | None:
        """The suspension point that has not landed, if there is one."""
        return next((point for point in self.suspensions if not point.status), None)

    def everything(self) -> Iterator["Step"]:
        """Yield it and all its steps, as they are nested."""
        yield self
        for step in self.steps:
            yield from step.everything()

    @property
    def state(self) -> str:
        """The state in one word: sent, open, succeeded, failed, cancelled, timed_out or undone.

        Undone is what an operation is that undoes another one, and has succeeded.
        """
        if self.ended is None:
            return SENT if self.phase == SENT else "open"
        if self.failure:
            return FAILED_BY.get(self.failure["type"], "failed")
        if self.answer and NOT_UNDONE in self.answer:
            return "failed"
        return "undone" if self.undoes else "succeeded"

    def status(self) -> str:
        """Return the state as text: "waits for VM.clone", "succeeded", "is deferred: ..."."""
        if self.ended is not None:
            return self._end()
        if self.cancelled:
            return _CANCELLED_BEFORE if self.phase == SENT else "is being cancelled"
        if self.phase == Phase.PARKED:
            return self._waiting()
        if self.phase == Phase.DEFERRED and self.reason:
            return f"is deferred: {self.reason}"
        return _STATUS.get(self.phase, self.phase)

    def _end(self) -> str:
        if self.failure:
            return f"{self.state}: {self.failure['message']}"
        if self.answer and NOT_UNDONE in self.answer:
            return str(self.answer["return_result"])
        return self.state

    def _waiting(self) -> str:
        point = self.waits_for
        if point and point.method:
            return f"waits for {point.method}"
        return f"waits for its steps ({sum(s.ended is not None for s in self.steps)} ended)"

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        document: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "status": self.status(),
            "phase": self.phase,
            "created": self.created,
            "ended": self.ended,
            "progress": self.progress,
            "target": self.target,
            "origin": self.origin,
            "undoes": self.undoes,
            "refused": self.refused,
            "refusals": self.refusals,
            "inputs": dict(self.inputs),
            "suspensions": [vars(point) for point in self.suspensions],
            "answer": self.answer,
            "failure": self.failure,
            "return_result": self.return_result,
            "exception": self.exception,
        }
        return {**document, "steps": [step.document() for step in self.steps]}


@dataclass(frozen=True)
class Run:
    """Everything under one root id, in the order in which it began."""

    id: str
    steps: Sequence[Step]

    @property
    def name(self) -> str:
        """The name of its first operation."""
        return self.steps[0].name if self.steps else "?"

    @property
    def created(self) -> float | None:
        """When its first operation began; None while none has."""
        return min((one.created for one in self.steps if one.created is not None), default=None)

    @property
    def ended(self) -> float | None:
        """When its last operation ended; None while one is open."""
        ends = [step.ended for step in self.steps]
        return None if None in ends else max(end for end in ends if end is not None)

    def everything(self) -> Iterator[Step]:
        """Yield all operations, as they are nested."""
        for step in self.steps:
            yield from step.everything()

    def find(self, operation: str) -> Step | None:
        """Return the operation of that id."""
        return next((step for step in self.everything() if step.id == operation), None)

    @property
    def state(self) -> str:
        """The state in one word: that of what failed, else of what is open, else of the last."""
        return self._deciding.state

    def status(self) -> str:
        """Return the state as text: by what failed, else what is open, else the last operation.

        It names the operation, unless that is the one by which the run is named.
        """
        step = self._deciding
        is_named = step.state == "succeeded" or step is self.steps[0]
        return step.status() if is_named else f"{step.name} {step.status()}"

    @property
    def is_undone(self) -> bool:
        """Whether it failed or was cancelled, and all that it made was undone."""
        failures = [step.failure for step in self.steps if step.failure]
        return any(one.get("undone") for one in failures) and not any(
            one.get(left) for one in failures for left in ("not_undone", "kept", "left")
        )

    @property
    def _deciding(self) -> Step:
        failed = [step for step in self.steps if step.failure]
        is_open = [step for step in self.steps if step.ended is None]
        return (failed or is_open or list(self.steps))[-1]

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "status": self.status(),
            "created": self.created,
            "ended": self.ended,
            "steps": [step.document() for step in self.steps],
        }


_CANCELLED_BEFORE = "is cancelled: it ends when a worker takes it"
_STATUS: dict[str, str] = {
    SENT: "is sent: no worker has taken it yet",
    Phase.RUNNING: "is running",
    Phase.WAITING: "waits for others: its target has as many calls in flight as it may",
    Phase.LANDED: "continues in a moment",
    Phase.DEFERRED: "is deferred for a moment",
    Phase.DRAINING: "waits for its open steps to end",
    Phase.UNDOING: "undoes what it made",
}
