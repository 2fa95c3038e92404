"""The record of one operation: what the journal knows of it, as a typed value.

A field of `Record` is one field of its hash in Redis, a field of `Point` one part of a suspension
point; `record_hash.py` reads and writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

if TYPE_CHECKING:
    from pydantic import JsonValue
else:
    JsonValue = object  # pydantic is not imported to read a record

Document = dict[str, JsonValue]
"""A JSON object whose fields are the caller's business: an answer, a message's inputs."""


class Phase(StrEnum):
    """The state of an operation, for people and for queries; the lease alone says who may act."""

    RUNNING = "running"
    WAITING = "waiting"
    """Its target has as many calls in flight as it may."""
    PARKED = "parked"
    LANDED = "landed"
    DEFERRED = "deferred"
    DRAINING = "draining"
    UNDOING = "undoing"
    ENDED = "ended"


class ClaimResult(StrEnum):
    """The result of a claim."""

    CLAIMED = "claimed"
    HELD = "held"
    ENDED = "ended"
    ID_TAKEN = "id_taken"
    """The message asks for something else than the one that began the operation."""
    FLOW_FAILING = "flow_failing"


class FailingStage(StrEnum):
    """How far a failing operation has come, see `execution/failing.py`."""

    CALLS = "calls"
    STEPS = "steps"
    ROLLBACK = "rollback"
    END = "end"


class OutcomeStatus(StrEnum):
    """How a suspension point ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    VANISHED = "vanished"
    """XenServer knows the task no longer; only the effect can show it."""
    STUCK = "stuck"
    """The task is at 100 % and does not end; only the effect can show it."""
    LATE = "late"
    """The seconds that the body gave a call are over."""


class CancelRequest(StrEnum):
    """Who wants an operation cancelled."""

    CANCELLED = "cancelled"
    """Somebody asked xenflow."""
    REVOKED = "revoked"
    """Somebody asked Celery."""


class CancelResult(StrEnum):
    """The result of a request to cancel."""

    UNKNOWN = "unknown"
    ENDED = "ended"
    ASKED_BEFORE = "asked before"
    ASKED = "asked"


@dataclass(frozen=True)
class ErrorRecord:
    """An error of the tree: the name of its class, XenServer's code and parameters, its text."""

    type: str
    code: str
    params: list[str]
    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Outcome:
    """The end of a suspension point; `result` is what XenServer, or the last step, answered."""

    status: OutcomeStatus
    result: JsonValue = ""
    error_info: list[str] = field(default_factory=list)
    finished: str = ""
    error: ErrorRecord | None = None


@dataclass(frozen=True)
class IntendedCall:
    """A call as it is launched, written before it is; `at` is the moment.

    `mark` is its tag where the source of what it makes bears that while the call is at work.
    """

    method: str
    params: list[JsonValue]
    at: float
    mark: str = ""


@dataclass(frozen=True)
class Sent:
    """How often a canvas was sent, and when last."""

    times: int
    at: float


@dataclass(frozen=True)
class Point:
    """One suspension point."""

    call: IntendedCall | None = None
    task: str = ""  # XenServer's task, or what else it is parked under
    outcome: Outcome | None = None
    launches: int = 0  # how often the call was, or may have been, sent to XenServer
    surplus: str = ""  # tasks that overtaken deliveries launched, one in each line
    attempts: int = 0  # how often the call was begun anew, under a label of its own
    unsent: bool = False  # the call surely did not reach XenServer
    cancel_sent: float = 0.0  # when XenServer was asked to cancel
    tidied: bool = False
    since: float = 0.0  # when the wait began; of a call, when its task was found to be gone
    sent: Sent | None = None
    parked: float = 0.0
    landed: float = 0.0


class PointParts(TypedDict, total=False):
    """Parts of a suspension point that change."""

    call: IntendedCall | None
    task: str
    outcome: Outcome | None
    launches: int
    attempts: int
    unsent: bool
    cancel_sent: float
    tidied: bool
    since: float
    sent: Sent | None


@dataclass(frozen=True)
class Made:
    """An object that a step made, and how it is undone."""

    cls: str
    uuid: str
    name: str
    undo: str
    fields: Document
    first: list[str] | None = None  # the operation, and its field, that makes undoing possible


@dataclass(frozen=True)
class Failing:
    """Why an operation ends early: the step that failed first, and its error."""

    step: str
    name: str
    error: ErrorRecord


@dataclass(frozen=True)
class Failure(ErrorRecord):
    """How a failed operation ended: its first error, and what became of what it worked on.

    `gone` is what it has destroyed, `left` what it was to destroy and has not.
    """

    step: str = ""
    step_name: str = ""
    undone: list[Document] = field(default_factory=list)
    not_undone: list[Document] = field(default_factory=list)
    kept: list[Document] = field(default_factory=list)
    gone: list[Document] = field(default_factory=list)
    left: list[Document] = field(default_factory=list)


@dataclass(frozen=True)
class Retry:
    """A passing error: how often it came, since when, its text, and when it is tried again."""

    count: int
    since: float
    message: str
    due: float = 0.0


@dataclass(frozen=True)
class Record:
    """One operation or flow."""

    name: str = ""
    root: str = ""
    path: str = ""  # the flows around it, see `publisher.path_text`
    target: str = ""
    origin: str = ""
    inputs: Document = field(default_factory=dict)
    request: str = ""  # digests of name and inputs, space between: what its id stands for
    message: str = ""
    queue: str = ""  # where its message is sent; `:<priority>` behind it, as that has its own list
    undoes: bool = False
    delivery: str = ""  # the delivery that began it, so that its repetition begins nothing
    repeats: int = 0  # how often it was begun anew after a failure, see `repeat_failed`
    created: float = 0.0
    deadline: float = 0.0
    phase: Phase | None = None
    holder: str = ""
    held_until: float = 0.0  # milliseconds
    fencing_token: str = ""
    overtook: bool = False  # a claim of it lapsed: its holder may have been alive
    known: dict[str, str] = field(default_factory=dict)
    retry: Retry | None = None
    cancel: CancelRequest | None = None
    failing: Failing | None = None
    stage: FailingStage | None = None
    to_undo: list[Made] | None = None
    to_destroy: list[Document] | None = None
    to_reach: Document | None = None  # the power state to which VMs are brought, and their UUIDs
    accepted: bool = False  # its caller was answered with the XenServer task
    progress: float | None = None
    answer: Document | None = None
    answer_key: str = ""  # the result that has the whole answer, where `answer` is an excerpt
    failure: Failure | None = None
    ended: float | None = None
    answered: bool = False  # its caller was answered at the deadline; the rest is still to do
    leaves: bool = False  # it failed, and not all that it made is undone
    published: bool = False  # Celery has stored the end and passed it on
    sending: int = 0  # the number of the last sending of its message, see `due.lua`
    refused: str = ""  # why another message under its id was refused, the latest
    refusals: int = 0  # how many were
    passed: float = 0.0  # when a later message of that queue was seen to be taken
    calls: str = ""  # the calls of its target, while it has a place among them or waits for one
    points: Mapping[str, Point] = field(default_factory=dict)

    def point(self, label: str) -> Point:
        """Return the suspension point of a label, which may not have been reached."""
        return self.points.get(label) or Point()

    def label(self, number: str) -> str:
        """Return the label of a suspension point now: its number, and how often it began anew."""
        attempts = self.point(number).attempts
        return f"{number}.{attempts}" if attempts else number

    def with_point(self, label: str, **parts: Unpack[PointParts]) -> Self:
        """Return the record with parts of a suspension point changed."""
        point = replace(self.point(label), **parts)
        return replace(self, points={**self.points, label: point})

    @property
    def in_flight(self) -> bool:
        """Whether a call may be at work on XenServer, or has been."""
        return any(point.call or point.task for point in self.points.values())


class RecordFields(TypedDict, total=False):
    """Fields of a record that a delivery may change."""

    known: dict[str, str]
    retry: Retry | None
    failing: Failing | None
    stage: FailingStage | None
    to_undo: list[Made] | None
    to_destroy: list[Document] | None
    to_reach: Document | None
    calls: str


NOT_UNDONE = "not_undone"
"""The key of an answer that says why an undo failed."""

FAILED_BY = {"Cancelled": "cancelled", "TimedOut": "timed_out"}
"""The state of an operation by the type of its error; by any other type it is failed."""

FAILED_CALLBACK = ":failed"
"""Behind the label of a canvas: Celery's callback said that a step of it failed."""
