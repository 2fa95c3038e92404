"""Travelling a leg: launch it once, park until it lands, hand back what came of it.

    intent written --launch--> heard --park--> parked --land--> landed --touch--> passed
          |                                                        |
          +--- found again by looking first                        +--- busy: the same leg once more, later
"""

import json
import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

from tasks.frame import faults, flow, ledger, looking
from tasks.frame.answers import Accepted, XenTask
from tasks.frame.desk import Desk, parking_place
from tasks.frame.legs import Bounded, Call, Expand, Follow, Leg, Pause
from tasks.frame.post import POLL
from xenserver import errors, events

if TYPE_CHECKING:
    from tasks.frame.journal import Entry, Place
    from tasks.frame.message import Message
    from tasks.frame.operation import Operation
    from xenserver.gate import Xen

GRACE = 20.0  # seconds that a cancelled XenServer task is given to end after the deadline
LATE_EFFECTS = 10.0  # seconds in which a vanished XenServer task may still show its effect
LOOK_AGAIN = 2.0  # seconds between two such looks
LOST_SIGHT = 60.0  # seconds after which a canvas that has not landed is expanded again: the ids are the same, so this heals and harms nothing


class Parked(Exception):  # noqa: N818 - words of the domain: neither is an error
    """The turn is over: the operation waits, without a slot."""


class GiveWay(Exception):  # noqa: N818 - see above
    """The turn is over: this delivery has nothing to do."""


@dataclass(frozen=True)
class Outcome:
    """What became of a leg: a value, or the error that is thrown into the body; or the caller is answered now."""

    value: Any = None
    error: errors.XenflowError | None = None
    accepted: Accepted | None = None

    def resume(self, body: Generator[Leg, Any, Any]) -> Callable[[], Leg]:
        """Give the step that carries the outcome into the body."""
        if self.error:
            return partial(body.throw, self.error)
        return partial(body.send, self.value)


class Travel:
    """The legs of one operation, in one turn."""

    def __init__(
        self, operation: "Operation", said: "Message | None", place: "Place", desk: Desk, entry: "Entry"
    ) -> None:
        self.operation = operation
        self.said = cast("Message", said)
        self.place = place
        self.desk = desk
        self.entry = entry
        self.journal = desk.journal

    @cached_property
    def connection(self) -> Mapping[str, Any]:
        """How this operation reaches XenServer."""
        return self.said.connection()

    @cached_property
    def xen(self) -> "Xen":
        """The pool of this operation, for the frame; look-ups are remembered in its entry."""
        return self.desk.xen(self.connection, self.entry.known)

    def body_xen(self) -> "Xen":
        """Give the pool as the body sees it: a long body takes the same way each time it runs from its top."""
        return self.desk.xen(self.connection, self.entry.known, replays=self.operation.is_long)

    def in_words(self, error: errors.XenflowError) -> errors.XenflowError:
        """Tell an error with names for references, as far as XenServer can be asked."""
        if not any(param.startswith("OpaqueRef:") for param in error.params):
            return error
        try:
            return self.xen.in_words(error)
        except errors.XenflowError:
            return error

    # -- one leg -------------------------------------------------------------------------------------------------------

    def pass_leg(self, number: str, leg: Leg, *, stoppable: bool = True) -> Outcome:
        """Give what became of a leg; raise Parked when that is not known yet."""
        label = ledger.label(self.entry, number)
        told = self.entry.get(f"outcome:{label}")
        if told is None:
            told = self._reach(label, leg, stoppable=stoppable)
        if isinstance(told, Accepted):
            return Outcome(accepted=told)
        return self._arrive(number, label, leg, told)

    def _reach(self, label: str, leg: Leg, *, stoppable: bool) -> Any:  # noqa: ANN401 - an outcome, or Accepted
        match leg:
            case Call():
                return self._reach_call(label, leg)
            case Follow():
                return self._follow(label, leg)
            case Pause():
                return self._pause(label, leg)
            case Expand():
                return self._expand(label, leg, stoppable=stoppable)

    def _arrive(self, number: str, label: str, leg: Leg, told: Mapping[str, Any]) -> Outcome:
        match leg, told["status"]:
            case Call(), "vanished":
                return self._arrive(number, label, leg, self._look_for_vanished(number, label))
            case Call(), _:
                self._touch(label, leg, told)
            case Follow(any_end=any_end), status if any_end or status == "success":
                return Outcome(value=told)
        match told["status"]:
            case "late":
                return Outcome()
            case "success":
                return Outcome(value=told["result"])
            case "cancelled":
                return Outcome(error=self.stop_reason() or errors.Cancelled("XENFLOW_CANCELLED", [told.get("name", "")]))
            case "vanished":
                return Outcome(error=errors.Unknown("XENFLOW_VANISHED", [told.get("name", "")]))
        error = _error_of(told)
        if isinstance(error, errors.Busy) and isinstance(leg, Call):
            self._once_more(number, error)
        return Outcome(error=error)

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _reach_call(self, label: str, call: Call) -> Any:  # noqa: ANN401 - an outcome, or Accepted
        ref = self.entry.fields.get(f"ref:{label}")
        if ref is None:
            self.stop_here()
            ref, told = self._launch(label, call)
            if told is not None:
                return told
        else:
            self._stop_xenserver(label, ref)
        if getattr(self.said, "run_async", False):
            return self._accept(label, ref)
        end = self._end_of(label, call)
        if self.desk.now() >= end:
            self._cancel(ref)
            return self._landed(label, {"status": "late", "result": ""})
        wake = min(end, self._deadline_of(label))
        return self._park(label, ref, f"waits for {call.method}", wake=wake)

    def _end_of(self, label: str, call: Call) -> float:
        """Give the moment at which a call has taken too long for the body, deadlines aside."""
        if isinstance(call, Bounded):
            return float(self.entry.get(f"leg:{label}")["at"]) + call.seconds
        return math.inf

    def _launch(self, label: str, call: Call) -> tuple[str, Any]:
        """Have XenServer begin a call once; give its task, or the outcome when that is known already."""
        tag = f"{self.entry.id}/{label}"
        intended = self.entry.get(f"leg:{label}")
        if intended:
            call = Call(intended["method"], tuple(intended["params"]))
            found = looking.look(self.xen, call, tag)
            if found.task:
                return found.task, None
            if found.seen is looking.Seen.DONE:
                return "", self._landed(label, _success(found.made))
        else:
            call = self._intend(label, call, tag)
        try:
            return self.xen.launch(call, headers={looking.TAG_HEADER: tag}), None
        except (errors.Busy, errors.Unreachable):
            raise
        except errors.XenflowError as refused:
            return "", self._landed(label, {"status": "failure", "result": "", "error": faults.document(refused)})

    def _intend(self, label: str, call: Call, tag: str) -> Call:
        if not getattr(self.said, "run_async", False):
            call = looking.dress(call, tag)
        intent = {"method": call.method, "params": list(call.params), "at": self.desk.now()}
        self.journal.write(self.entry, {f"leg:{label}": json.dumps(intent)})
        return call

    def _landed(self, label: str, told: dict[str, Any]) -> dict[str, Any]:
        self.journal.write(self.entry, {f"outcome:{label}": json.dumps(told)})
        return told

    def _park(self, label: str, ref: str, reason: str, *, wake: float | None = None) -> Any:  # noqa: ANN401 - an outcome
        place = parking_place(self.connection)
        told, poller_wanted = self.desk.parked.park(
            self.entry,
            leg=label,
            ref=ref,
            target=place,
            connection=self.connection,
            wake=wake or self._deadline_of(label),
            **{f"ref:{label}": ref},
        )
        if told is not None:
            self.entry.fields[f"ref:{label}"] = ref
            return told
        if poller_wanted:
            self.desk.post.send(POLL, {"place": place, "connection": dict(self.connection)})
        raise Parked(reason)

    def _accept(self, label: str, ref: str) -> Accepted:
        """Answer the caller with the XenServer task; what is left to do goes on as a step of its own."""
        record = self.xen.now.task.get_record(ref)
        self.desk.post.rest(
            self.operation.name,
            flow.step_id(self.entry.id, "rest"),
            self.said.model_copy(update={"run_async": False}).document(),
            path="/".join(self.place.path),
            adopts={
                f"leg:{label}": self.entry.fields[f"leg:{label}"],
                f"ref:{label}": ref,
                "known": json.dumps(self.entry.known),
                "accepted": "1",
            },
        )
        return Accepted(return_result=f"XenServer works on it: {record['name_label']}", task=XenTask(**record))

    def _touch(self, label: str, call: Call, told: Mapping[str, Any]) -> None:
        """Do once what a landed call leaves to do: give what was made its own name, and put XenServer's task away."""
        if f"touched:{label}" in self.entry.fields:
            return
        intended = self.entry.get(f"leg:{label}")
        at = looking.NAMED.get(call.method)
        if told["status"] == "success" and at is not None and intended["params"][at] != call.params[at]:
            self.xen.now.VM.set_name_label(told["result"], call.params[at])
        ref = self.entry.fields.get(f"ref:{label}")
        if ref and "accepted" not in self.entry.fields:
            self._put_away(ref)
        self.entry.note(f"touched:{label}", "1")

    def _put_away(self, ref: str) -> None:
        try:
            self.xen.now.task.destroy(ref)
        except errors.Missing:
            return  # swept already: XenServer keeps 200 finished tasks

    def _once_more(self, number: str, error: errors.XenflowError) -> None:
        """Let a leg that met a busy object be launched again, under a label of its own, until the deadline."""
        self.entry.note(f"try:{number}", str(int(self.entry.number(f"try:{number}")) + 1))
        raise error

    def _look_for_vanished(self, number: str, label: str) -> dict[str, Any]:
        """Find out what became of a call whose task vanished: done, or to be done again, or nobody knows.

        A toolstack that restarts may come to an effect that it began before, so a look that shows none is repeated for a while.
        """
        intended = self.entry.get(f"leg:{label}")
        call = Call(intended["method"], tuple(intended["params"]))
        found = looking.look_at_world(self.xen, call, f"{self.entry.id}/{label}")
        if found.seen is looking.Seen.DONE:
            return self._landed(label, _success(found.made))
        if found.seen is looking.Seen.NOT_DONE:
            self._look_again_later(label, call)
            self._once_more(number, errors.Busy("XENFLOW_VANISHED", [call.method]))
        unknown = errors.Unknown("XENFLOW_VANISHED", [call.method])
        return self._landed(label, {"status": "failure", "result": "", "error": faults.document(unknown)})

    def _look_again_later(self, label: str, call: Call) -> None:
        now = self.desk.now()
        since = self.entry.number(f"vanished:{label}") or now
        if now - since < LATE_EFFECTS:
            self.journal.rest(self.entry, until=now + LOOK_AGAIN, **{f"vanished:{label}": str(since)})
            raise Parked(f"looks for the effect of {call.method}, whose XenServer task is gone")

    # -- other legs ----------------------------------------------------------------------------------------------------

    def _follow(self, label: str, leg: Follow) -> Any:  # noqa: ANN401 - an outcome
        try:
            record = self.xen.now.task.get_record(leg.ref)
        except errors.Missing:
            return self._landed(label, {"status": "vanished", "result": "", "name": leg.ref})
        end = events.told(leg.ref, record)
        if isinstance(end, events.TaskEnd):
            return self._landed(label, outcome_of(end))
        if getattr(self.said, "run_async", False):
            return Accepted(return_result=f"XenServer works on it: {record['name_label']}", task=XenTask(**record))
        self.stop_here()
        wake = min(self._deadline_of(label), self.desk.now() + leg.every)
        return self._park(label, leg.ref, f"follows {record['name_label']}", wake=wake)

    def _pause(self, label: str, leg: Pause) -> Any:  # noqa: ANN401 - an outcome
        until = self.entry.number(f"until:{label}") or self.desk.now() + leg.seconds
        if self.desk.now() >= until:
            return _success("")
        self.stop_here()
        self.journal.rest(self.entry, until=min(until, self._deadline_of(label)), **{f"until:{label}": str(until)})
        raise Parked(f"pauses for {leg.seconds:g} s")

    def _expand(self, label: str, leg: Expand, *, stoppable: bool) -> Any:  # noqa: ANN401 - an outcome
        if stoppable:
            self.stop_here()
        place = label if label == "undo" else f"step/{label}"
        sent = self.entry.number(f"sent:{label}")
        if self.desk.now() - sent > LOST_SIGHT:
            self._send_canvas(label, leg, place)
        until = min(self._deadline_of(label), self.desk.now() + LOST_SIGHT) if stoppable else self.desk.now() + LOST_SIGHT
        told = self.journal.rest(self.entry, until=until, phase="parked", leg=label)
        if told is not None:
            return told
        raise Parked("waits for its steps")

    def _send_canvas(self, label: str, leg: Expand, place: str) -> None:
        canvas = flow.settle(
            leg.canvas,
            path=(*self.place.path, self.entry.id),
            place=place,
            handed=self.connection if label == "undo" else self.said.handed(),
            undoes=label == "undo",
        )
        self.desk.post.canvas(canvas, operation=self.entry.id, leg=label)
        self.journal.write(self.entry, {f"sent:{label}": str(self.desk.now())})

    # -- stopping ------------------------------------------------------------------------------------------------------

    def stop_reason(self) -> errors.XenflowError | None:
        """Give why this operation is to stop early, if it is."""
        if "called_off" in self.entry.fields:
            return errors.Cancelled("XENFLOW_CANCELLED", [self.operation.name])
        if self.desk.now() >= self.entry.number("deadline"):
            allowed = self.entry.number("deadline") - self.entry.number("created")
            return errors.TimedOut("XENFLOW_TIMED_OUT", [self.operation.name, f"{allowed:.0f}"])
        return None

    def stop_here(self) -> None:
        """Stop, when there is a reason to, before anything new begins."""
        reason = self.stop_reason()
        if reason:
            raise reason

    def _stop_xenserver(self, label: str, ref: str) -> None:
        """Ask XenServer to cancel what runs, when there is a reason to; give up waiting when that takes too long."""
        reason = self.stop_reason()
        if reason is None:
            return
        asked = self.entry.number(f"stopped:{label}")
        if asked and self.desk.now() - asked > GRACE:
            raise reason
        if asked:
            return
        self.entry.note(f"stopped:{label}", str(self.desk.now()))
        if isinstance(reason, errors.Cancelled) or getattr(self.said, "cancel_on_timeout", True):
            self._cancel(ref)

    def _cancel(self, ref: str) -> None:
        try:
            self.xen.now.task.cancel(ref)
        except errors.XenflowError:
            return  # it has ended and is gone, or cannot be cancelled: then its end is waited for

    def _deadline_of(self, label: str) -> float:
        asked = self.entry.number(f"stopped:{label}")
        return asked + GRACE if asked else self.entry.number("deadline")


def _success(made: str) -> dict[str, Any]:
    return {"status": "success", "result": made}


def outcome_of(end: events.TaskEnd) -> dict[str, Any]:
    """Give the end of a XenServer task as the journal keeps it."""
    told = {"status": end.status, "result": end.result, "error_info": end.error_info}
    return {**told, "finished": end.finished}


def _error_of(told: Mapping[str, Any]) -> errors.XenflowError:
    if "error" in told:
        return faults.error(told["error"])
    code, *params = told["error_info"] or ["XENFLOW_VANISHED"]
    return errors.from_api(code, params)
