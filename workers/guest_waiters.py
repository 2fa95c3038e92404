"""The poller's view of guests: whose coming up it looks at, and what an event means to whom."""

from collections.abc import Iterable, Iterator
from typing import Any

from tasks.engine.execution import guests
from tasks.engine.journal.parked import Ended
from xenserver import events, values


class GuestWaiters:
    """All who wait for guests of one target; `metrics` is what the poller learnt of VMs since."""

    def __init__(self, refs: Iterable[str], metrics: dict[str, str]) -> None:
        self._waiting = [guests.Waiting.read(ref) for ref in refs]
        self._metrics = metrics
        for waiting in self._waiting:
            metrics.setdefault(waiting.vm, waiting.metrics)

    def watched(self) -> events.Guests:
        """Return what the long poll is to look at."""
        vms = frozenset(waiting.vm for waiting in self._waiting)
        metrics = frozenset(self._metrics[vm] for vm in vms) - {values.NULL}
        return events.Guests(vms, metrics)

    def ends(self, event: events.Event) -> Iterator[Ended]:
        """Return the ends that an event brings to those who wait."""
        match event:
            case events.VmSeen(ref, power_state, metrics):
                self._metrics[ref] = metrics
                yield from self._all(ref, guests.stopped(power_state))
            case events.GuestSeen(ref, networks):
                for vm in [vm for vm, metrics in self._metrics.items() if metrics == ref]:
                    yield from self._all(vm, guests.addressed(networks))

    def _all(self, vm: str, outcome: dict[str, Any] | None) -> Iterator[Ended]:
        if outcome is not None:
            for waiting in self._waiting:
                if waiting.vm == vm:
                    yield Ended(waiting.ref, outcome, tagged=False)
