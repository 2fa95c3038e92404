"""Travelling a leg: whatever it waits for, it is reached once; it brings a value or an error."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tasks.frame import calls, faults, guests, ledger, stopping, waits
from tasks.frame.answers import Accepted
from tasks.frame.legs import Address, Call, Expand, Follow, Leg, Pause
from tasks.frame.turn import Turn
from xenserver import errors

UNDO = "undo"  # the leg on which what was made is undone


@dataclass(frozen=True)
class Outcome:
    """What became of a leg: a value or an error for the body; or the caller is answered now."""

    value: Any = None
    error: errors.XenflowError | None = None
    accepted: Accepted | None = None

    def resume(self, body: Generator[Leg, Any, Any]) -> Callable[[], Leg]:
        """Give the step that carries the outcome into the body."""
        if self.error:
            return partial(body.throw, self.error)
        return partial(body.send, self.value)


def pass_leg(turn: Turn, number: str, leg: Leg) -> Outcome:
    """Give what became of a leg; raise Parked when that is not known yet."""
    label = ledger.label(turn.entry, number)
    told = turn.entry.get(f"outcome:{label}")
    if told is None:
        told = _reach(turn, label, leg)
    if isinstance(told, Accepted):
        return Outcome(accepted=told)
    return _arrive(turn, number, leg, told)


def _reach(turn: Turn, label: str, leg: Leg) -> Any:
    match leg:
        case Call():
            return calls.reach(turn, label, leg)
        case Follow():
            return waits.follow(turn, label, leg)
        case Pause():
            return waits.pause(turn, label, leg)
        case Address():
            return guests.reach(turn, label, leg)
        case Expand():
            return waits.expand(turn, label, leg, undoes=label == UNDO)


def _arrive(turn: Turn, number: str, leg: Leg, told: Mapping[str, Any]) -> Outcome:
    match leg:
        case Call():
            return _arrive_call(turn, number, leg, told)
        case Follow(any_end=True):
            return Outcome(value=told)
        case Follow() if told["status"] == "success":
            return Outcome(value=told)
    return _judge(turn, told)


def _arrive_call(turn: Turn, number: str, call: Call, told: Mapping[str, Any]) -> Outcome:
    label = ledger.label(turn.entry, number)
    if told["status"] == "vanished":
        told = calls.find_vanished(turn, number, label, call)
    calls.touch(turn, label, call, told)
    outcome = _judge(turn, told)
    if isinstance(outcome.error, errors.Busy):
        calls.once_more(turn, number, outcome.error)
    return outcome


def _judge(turn: Turn, told: Mapping[str, Any]) -> Outcome:
    """Say what an outcome means to the body."""
    match told["status"]:
        case "success":
            return Outcome(value=told["result"])
        case "late":
            return Outcome()
        case "cancelled":
            somebody = errors.Cancelled("XENFLOW_CANCELLED", [turn.operation.name])
            return Outcome(error=stopping.reason(turn) or somebody)
        case "vanished":
            lost = told.get("name", turn.operation.name)
            return Outcome(error=errors.Unknown("XENFLOW_VANISHED", [lost]))
    if "error" in told:
        return Outcome(error=faults.error(told["error"]))
    code, *params = told["error_info"] or ["XENFLOW_VANISHED"]
    return Outcome(error=errors.from_api(code, params))
