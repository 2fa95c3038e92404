"""The poller's view of guests: whose coming up it looks at, and what an event means to whom."""

from collections.abc import Callable, Iterable, Iterator

from tasks.engine.execution.points import addresses
from tasks.engine.execution.points.addresses import GuestWait
from tasks.engine.journal.parked import Ended
from tasks.engine.journal.record import Outcome
from xenserver import events, values


class GuestWaiters:
    """All who wait for guests of one target; `metrics` is what the poller learnt of VMs since."""

    def __init__(self, refs: Iterable[str], metrics: dict[str, str]) -> None:
        self._waiting = [GuestWait.read(ref) for ref in refs]
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
                yield from _ended(
                    self._of(ref), lambda wait: addresses.stopped(wait.vm, power_state)
                )
            case events.GuestSeen(ref, networks):
                for vm in [vm for vm, metrics in self._metrics.items() if metrics == ref]:
                    yield from _ended(
                        self._of(vm), lambda wait: addresses.addressed(networks, wait.wanted)
                    )

    def _of(self, vm: str) -> list[GuestWait]:
        return [wait for wait in self._waiting if wait.vm == vm]


def _ended(
    waiters: Iterable[GuestWait], judge: Callable[[GuestWait], Outcome | None]
) -> Iterator[Ended]:
    for wait in waiters:
        outcome = judge(wait)
        if outcome is not None:
            yield Ended(wait.ref, outcome)
