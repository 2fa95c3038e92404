"""One turn: a claimed delivery at work, and the two ways in which it lets go without an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tasks.engine.declaration.message import Message
from tasks.engine.execution.runtime import Runtime, parking_place
from tasks.engine.journal.journal import Entry, Place
from tasks.engine.messages.publisher import POLL
from xenserver import errors

if TYPE_CHECKING:
    from tasks.engine.declaration.operation import Operation
    from xenserver.client import Xen


class Suspended(Exception):
    """The turn is over: the operation waits, without a slot."""


class NothingToDo(Exception):
    """The turn is over: this delivery has nothing to do."""


@dataclass(frozen=True)
class Execution:
    """What one turn works with: the operation, what was said to it, its entry, and the tools."""

    operation: "Operation"
    said: Message
    place: Place
    runtime: Runtime
    entry: Entry

    # cached_property writes into __dict__, which a frozen dataclass allows

    @cached_property
    def connection(self) -> Mapping[str, Any]:
        """How this operation reaches XenServer."""
        return self.said.connection()

    @cached_property
    def xen(self) -> "Xen":
        """The pool of this operation, for the frame; look-ups are remembered in its entry."""
        return self.runtime.xen(self.connection, self.entry.known)

    def body_xen(self) -> "Xen":
        """Return the pool as the body sees it: a long body takes the same way each time it runs."""
        return self.runtime.xen(self.connection, self.entry.known, replays=self.operation.is_long)

    @property
    def is_async(self) -> bool:
        """Whether the caller is answered as soon as XenServer has accepted the call."""
        return bool(getattr(self.said, "run_async", False))

    @property
    def keeps(self) -> bool:
        """Whether what was made is kept when the operation fails."""
        return getattr(self.said, "on_failure", "rollback") == "keep"

    def now(self) -> float:
        """Return the time, in epoch seconds."""
        return self.runtime.now()

    def in_words(self, error: errors.XenflowError) -> errors.XenflowError:
        """Return an error with names for references, as far as XenServer can be asked."""
        if not any(param.startswith("OpaqueRef:") for param in error.params):
            return error
        try:
            return self.xen.in_words(error)
        except errors.XenflowError:
            return error

    def park(self, label: str, ref: str, reason: str, *, wake: float) -> Any:
        """Park under a XenServer task; return its outcome if that came first, else end the turn."""
        where = parking_place(self.connection)
        told, poller_wanted = self.runtime.parked.park(
            self.entry,
            leg=label,
            ref=ref,
            target=where,
            connection=self.connection,
            wake=wake,
            **{f"ref:{label}": ref},
        )
        if told is not None:
            return told
        if poller_wanted:
            self.runtime.publisher.send(POLL, {"place": where, "connection": dict(self.connection)})
        raise Suspended(reason)

    def rest(
        self, reason: str, *, until: float, phase: str = "resting", leg: str = "", **fields: str
    ) -> Any:
        """Rest until a moment or until `leg` lands; return its outcome, or end the turn."""
        told = self.runtime.journal.rest(self.entry, until=until, phase=phase, leg=leg, **fields)
        if told is None:
            raise Suspended(reason)
        return told
