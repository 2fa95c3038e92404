"""Travelling a leg: whatever it waits for, it is reached once; it brings a value or an error."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tasks.engine.declaration.answers import Accepted
from tasks.engine.declaration.suspensions import Address, Call, Expand, Follow, Leg, Pause
from tasks.engine.execution import calls, cancellation, failures, guests, ledger, waits
from tasks.engine.execution.execution import Execution
from xenserver import errors

UNDO = "undo"  # the leg on which what was made is undone


@dataclass(frozen=True)
class Outcome:
    """What became of a leg: a value or an error for the body; or the caller is answered now."""

    value: Any = None
    error: errors.XenflowError | None = None
    accepted: Accepted | None = None

    def resume(self, body: Generator[Leg, Any, Any]) -> Callable[[], Leg]:
        """Return the step that carries the outcome into the body."""
        if self.error:
            return partial(body.throw, self.error)
        return partial(body.send, self.value)


def pass_leg(execution: Execution, number: str, leg: Leg) -> Outcome:
    """Return what became of a leg; raise Suspended when that is not known yet."""
    label = ledger.label(execution.entry, number)
    told = execution.entry.get(f"outcome:{label}")
    if told is None:
        told = _reach(execution, label, leg)
    if isinstance(told, Accepted):
        return Outcome(accepted=told)
    return _arrive(execution, number, leg, told)


def _reach(execution: Execution, label: str, leg: Leg) -> Any:
    match leg:
        case Call():
            return calls.reach(execution, label, leg)
        case Follow():
            return waits.follow(execution, label, leg)
        case Pause():
            return waits.pause(execution, label, leg)
        case Address():
            return guests.reach(execution, label, leg)
        case Expand():
            return waits.expand(execution, label, leg, undoes=label == UNDO)


def _arrive(execution: Execution, number: str, leg: Leg, told: Mapping[str, Any]) -> Outcome:
    match leg:
        case Call():
            return _arrive_call(execution, number, leg, told)
        case Follow(any_end=True):
            return Outcome(value=told)
        case Follow() if told["status"] == "success":
            return Outcome(value=told)
    return _judge(execution, told)


def _arrive_call(execution: Execution, number: str, call: Call, told: Mapping[str, Any]) -> Outcome:
    label = ledger.label(execution.entry, number)
    if told["status"] == "vanished":
        told = calls.find_vanished(execution, number, label, call)
    calls.touch(execution, label, call, told)
    outcome = _judge(execution, told)
    if isinstance(outcome.error, errors.Busy):
        calls.once_more(execution, number, outcome.error)
    return outcome


def _judge(execution: Execution, told: Mapping[str, Any]) -> Outcome:
    """Say what an outcome means to the body."""
    match told["status"]:
        case "success":
            return Outcome(value=told["result"])
        case "late":
            return Outcome()
        case "cancelled":
            somebody = errors.Cancelled("XENFLOW_CANCELLED", [execution.operation.name])
            return Outcome(error=cancellation.reason(execution) or somebody)
        case "vanished":
            lost = told.get("name", execution.operation.name)
            return Outcome(error=errors.Unknown("XENFLOW_VANISHED", [lost]))
    if "error" in told:
        return Outcome(error=failures.error(told["error"]))
    code, *params = told["error_info"] or ["XENFLOW_VANISHED"]
    return Outcome(error=errors.from_api(code, params))
