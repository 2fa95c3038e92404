"""One execution of a claimed delivery, and how it can end."""

from dataclasses import dataclass, replace
from functools import cached_property

from config.targets import Target
from tasks.engine.declaration import message
from tasks.engine.declaration.definition import Operation
from tasks.engine.declaration.message import Message
from tasks.engine.declaration.suspensions import Result
from tasks.engine.execution.runtime import Runtime, parking_place
from tasks.engine.journal import record_hash
from tasks.engine.journal.entry import Entry, Place
from tasks.engine.journal.record import Document, IntendedCall, Outcome, Phase
from tasks.engine.messages.publisher import POLL
from xenserver import denials, errors
from xenserver.client import Xen

_NO_PROGRESS = {"progress": ""}  # that of the call before is not that of the next


@dataclass(frozen=True)
class Suspended:
    """The operation waits, without a slot; `early` is the answer that its caller gets already."""

    reason: str
    early: errors.XenflowError | None = None


@dataclass(frozen=True)
class Ignored:
    """The delivery has nothing to do."""

    reason: str


@dataclass(frozen=True)
class Answered:
    """The operation has ended with an answer."""

    answer: Document


@dataclass(frozen=True)
class Failed:
    """The operation has ended with an error; `revoked` when Celery was asked to revoke it."""

    error: errors.XenflowError
    revoked: bool = False


@dataclass(frozen=True)
class Rejected:
    """The message is another than the one that began the operation under its id.

    `is_kept` when it may be put aside as a dead letter; `may_be_stored` when the end of the
    operation has been stored, so that the error may be where somebody has deleted that;
    `is_step` when the operation is the same step of a flow, and ends in its place.
    """

    error: errors.Refused
    is_kept: bool
    may_be_stored: bool
    is_step: bool


End = Answered | Failed | Suspended | Ignored | Rejected
"""How an execution ends."""


@dataclass(frozen=True)
class Execution:
    """What one execution works with: the operation, its message, its entry, and the services."""

    operation: Operation
    message: Message
    place: Place
    runtime: Runtime
    entry: Entry

    # cached_property writes into __dict__, which a frozen dataclass allows

    @cached_property
    def connection(self) -> Document:
        """How this operation reaches XenServer."""
        return self.message.connection()

    @cached_property
    def target(self) -> Target:
        """The target of this operation."""
        return self.runtime.target(self.connection)

    @cached_property
    def xen(self) -> Xen:
        """The pool of this operation, for the engine; look-ups are remembered in its entry."""
        return self.runtime.xen(self.connection, self.entry.known)

    def body_xen(self) -> Xen:
        """Return the pool as the body sees it: a long body takes the same path in every replay."""
        return self.runtime.xen(self.connection, self.entry.known, replays=self.operation.is_long)

    @property
    def is_async(self) -> bool:
        """Whether the caller is answered as soon as XenServer has accepted the call."""
        return bool(getattr(self.message, "run_async", False))

    @property
    def keeps(self) -> bool:
        """Whether what was made is kept when the operation fails."""
        return getattr(self.message, "on_failure", "rollback") == "keep"

    def own_fields(self) -> dict[str, Result]:
        """Return the fields of its message that its body takes."""
        names = message.own_fields(self.operation.model)
        return {name: getattr(self.message, name) for name in names}

    def with_names(self, error: errors.XenflowError) -> errors.XenflowError:
        """Return an error with names for references, as far as XenServer can be asked."""
        error = denials.named(error, self.target) if isinstance(error, errors.Denied) else error
        if not any(param.startswith("OpaqueRef:") for param in error.params):
            return error
        try:
            return self.xen.with_names(error)
        except errors.XenflowError:
            return error

    def save(self) -> None:
        """Write what changed in the entry."""
        self.runtime.journal.save(self.entry)

    def complete(self, label: str, outcome: Outcome) -> Outcome:
        """Write down an outcome that the engine itself found out."""
        self.entry.update_point(label, outcome=outcome)
        self.save()
        self.runtime.call_limit.release(self.entry)
        return outcome

    def admit(self, label: str, call: IntendedCall) -> bool:
        """Write down the intent of a call; False where its target has no place for one more."""
        where = parking_place(self.connection)
        if "hostname" in self.connection:
            self.runtime.hosts.note(where, self.connection)
        point = self.entry.record.point(label)
        begun = replace(point, call=call, unsent=False, launches=point.launches + 1)
        intent = {**record_hash.point_changes(label, point, begun), **_NO_PROGRESS}
        limit = self.runtime.call_limit
        if not limit.admit(self.entry, where, self.target.max_calls, intent):
            return False
        self.entry.admitted(label, call)
        return True

    def lower_limit(self) -> None:
        """Lower the limit of calls in flight at its target: too many wait there."""
        self.runtime.call_limit.lower(parking_place(self.connection), self.target.max_calls)

    def park(
        self, label: str, ref: str, reason: str, *, wake: float, is_guest: bool = False
    ) -> Outcome | Suspended:
        """Park under a XenServer task; return its outcome if that came first."""
        self.entry.update_point(label, task=ref)
        where = parking_place(self.connection)
        parked = self.runtime.parked.park(
            self.entry,
            label=label,
            ref=ref,
            target=where,
            connection=self.connection,
            wake=wake,
            is_guest=is_guest,
        )
        if parked.poller_wanted:
            self.runtime.publisher.send(POLL, {"place": where, "connection": dict(self.connection)})
        return parked.outcome or Suspended(reason)

    def leave(self, ref: str) -> None:
        """Remove the parked entry of a reference that nobody else is parked under."""
        self.runtime.parked.leave(parking_place(self.connection), ref)

    def defer(
        self, reason: str, *, until: float, phase: Phase = Phase.DEFERRED, label: str = ""
    ) -> Outcome | Suspended:
        """Wait until a moment or until `label` lands; return its outcome if that came first."""
        outcome = self.runtime.journal.defer(self.entry, until=until, phase=phase, label=label)
        return outcome or Suspended(reason)
