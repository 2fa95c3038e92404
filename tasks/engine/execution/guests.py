"""Waiting for a guest to come up and tell its addresses.

A VM runs as soon as XenServer has started it; its guest tells its addresses some time later, by its
agent, if it has one. The operation is parked under
`guest/<vm>/<guest metrics>/<addresses wanted>/<operation>`, and the poller looks at all such
guests of a pool in the long poll it makes anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.engine.declaration.suspensions import Address
from tasks.engine.execution import calls, failures
from tasks.engine.execution.cancellation import reason
from tasks.engine.execution.execution import Execution
from tasks.engine.execution.runtime import parking_place
from xenserver import errors, events, values
from xenserver.guest_addresses import Wanted, usable

PREFIX = "guest/"
UP = frozenset({"Running", "Paused"})


@dataclass(frozen=True)
class Waiting:
    """One operation that waits for one guest, as the reference it is parked under says."""

    vm: str
    metrics: str
    wanted: Wanted
    operation: str

    @property
    def ref(self) -> str:
        """What it is parked under."""
        return f"{PREFIX}{self.vm}/{self.metrics}/{self.wanted.to_text()}/{self.operation}"

    @classmethod
    def read(cls, ref: str) -> "Waiting":
        """Read a reference."""
        vm, metrics, wanted, operation = ref.removeprefix(PREFIX).split("/", 3)
        return cls(vm, metrics, Wanted.from_text(wanted), operation)


def addressed(networks: Mapping[str, str], wanted: Wanted) -> dict[str, Any] | None:
    """Return the outcome of a guest that has an address as wanted, or None."""
    found = usable(networks, wanted)
    return {"status": "success", "result": found} if found else None


def stopped(state: str) -> dict[str, Any] | None:
    """Return the outcome of a guest whose VM is not up any more, or None."""
    if state in UP:
        return None
    return _failure("XENFLOW_GUEST_STOPPED", state.lower())


def reach(execution: Execution, label: str, leg: Address) -> Any:
    """Look at the guest once, and wait for what it tells."""
    _leave(execution, label)
    seen = events.vm_seen(leg.vm, execution.xen.VM.get_record(leg.vm))
    networks = _networks(execution, seen.guest_metrics)
    told = stopped(seen.power_state) or addressed(networks, leg.wanted)
    since = execution.entry.number(f"guest_since:{label}") or execution.now()
    enough = since + execution.runtime.settings.guest_timeout
    if told is None and execution.now() >= enough:
        told = _given_up(networks, f"{execution.runtime.settings.guest_timeout:.0f}")
    if told is not None:
        return calls.land(execution, label, told)
    why = reason(execution)
    if why:
        raise why
    execution.entry.note(f"guest_since:{label}", str(since))
    waiting = Waiting(leg.vm, seen.guest_metrics, leg.wanted, execution.entry.id)
    wake = min(enough, execution.entry.number("deadline"))
    return execution.park(label, waiting.ref, "waits for the addresses of its guest", wake=wake)


def _leave(execution: Execution, label: str) -> None:
    """Be parked nowhere: the guest's metrics may be others by now."""
    ref = execution.entry.fields.get(f"ref:{label}")
    if ref:
        execution.runtime.parked.leave(parking_place(execution.connection), ref)


def _networks(execution: Execution, metrics: str) -> dict[str, str]:
    if metrics == values.NULL:
        return {}
    try:
        return events.guest_seen(
            metrics, execution.xen.VM_guest_metrics.get_record(metrics)
        ).networks
    except errors.Missing:
        return {}  # replaced while the VM starts: the poller sees the new ones


def _given_up(networks: Mapping[str, str], waited: str) -> dict[str, Any]:
    """Return the outcome of a guest that tells nothing, or no address as wanted, for too long."""
    if not networks:
        return _failure("XENFLOW_GUEST_SILENT", waited)
    return _failure("XENFLOW_GUEST_NO_ADDRESS", waited, ", ".join(sorted(set(networks.values()))))


def _failure(code: str, *params: str) -> dict[str, Any]:
    return {
        "status": "failure",
        "result": "",
        "error": failures.document(errors.from_api(code, params)),
    }
