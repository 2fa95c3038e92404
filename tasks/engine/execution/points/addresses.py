"""Addresses: a guest comes up and reports them.

A VM runs as soon as XenServer has started it; its guest reports its addresses some time later, by
its agent, if it has one. The operation is parked under
`guest/<vm>/<guest metrics>/<addresses wanted>/<operation>`, and the poller looks at all such
guests of a pool in the long poll it makes anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from config import durations
from tasks.engine.declaration.suspensions import Address
from tasks.engine.execution import cancellation, outcomes
from tasks.engine.execution.execution import Execution, Suspended
from tasks.engine.journal.record import Outcome
from xenserver import errors, events, values
from xenserver.guest_addresses import AddressCriteria, usable

PREFIX = "guest/"
UP = frozenset({"Running", "Paused"})


@dataclass(frozen=True)
class GuestWait:
    """One operation that waits for one guest, as the reference it is parked under says."""

    vm: str
    metrics: str
    wanted: AddressCriteria
    operation: str

    @property
    def ref(self) -> str:
        """What it is parked under."""
        return f"{PREFIX}{self.vm}/{self.metrics}/{self.wanted.to_text()}/{self.operation}"

    @classmethod
    def read(cls, ref: str) -> Self:
        """Read a reference."""
        vm, metrics, wanted, operation = ref.removeprefix(PREFIX).split("/", 3)
        return cls(vm, metrics, AddressCriteria.from_text(wanted), operation)


def addressed(networks: Mapping[str, str], wanted: AddressCriteria) -> Outcome | None:
    """Return the outcome of a guest that has an address as wanted, or None."""
    found = usable(networks, wanted)
    return outcomes.success(found) if found else None


def stopped(vm: str, state: str) -> Outcome | None:
    """Return the outcome of a guest whose VM is not up any more, or None."""
    if state in UP:
        return None
    return outcomes.failure(errors.from_api("XENFLOW_GUEST_STOPPED", [state.lower(), vm]))


def start(execution: Execution, label: str, address: Address) -> Outcome | Suspended:
    """Read the guest's addresses once, and wait for what it reports."""
    _leave(execution, label)
    seen = events.vm_seen(address.vm, execution.xen.VM.get_record(address.vm))
    since = execution.entry.record.point(label).since or execution.entry.now()
    enough = since + execution.runtime.settings.guest_timeout
    networks = _networks(execution, seen.guest_metrics)
    outcome = stopped(address.vm, seen.power_state) or addressed(networks, address.wanted)
    if outcome is None and execution.entry.now() >= enough:
        outcome = _timed_out(execution, networks)
    if outcome:
        return execution.complete(label, outcome)
    cancellation.stop_here(execution)
    execution.entry.update_point(label, since=since)
    ref = GuestWait(address.vm, seen.guest_metrics, address.wanted, execution.entry.id).ref
    wake = min(enough, execution.entry.record.deadline)
    return execution.park(
        label, ref, "waits for the addresses of its guest", wake=wake, is_guest=True
    )


def _timed_out(execution: Execution, networks: Mapping[str, str]) -> Outcome:
    """Return the outcome of a guest that reports nothing, or no matching address, for too long."""
    waited = durations.text(execution.runtime.settings.guest_timeout)
    if not networks:
        return outcomes.failure(errors.from_api("XENFLOW_GUEST_SILENT", [waited]))
    found = ", ".join(sorted(set(networks.values())))
    return outcomes.failure(errors.from_api("XENFLOW_GUEST_NO_ADDRESS", [waited, found]))


def _leave(execution: Execution, label: str) -> None:
    """Remove the parked entry: the guest's metrics may be others by now."""
    ref = execution.entry.record.point(label).task
    if ref:
        execution.leave(ref)


def _networks(execution: Execution, metrics: str) -> dict[str, str]:
    if metrics == values.NULL:
        return {}
    try:
        return events.guest_seen(
            metrics, execution.xen.VM_guest_metrics.get_record(metrics)
        ).networks
    except errors.Missing:
        return {}  # replaced while the VM starts: the poller sees the new ones
