"""One round: start, send and inject, heal, wait until it is quiet, balance the books."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.chaos.books import Balance, Evidence, balance
from tests.chaos.jobs import Load
from tests.chaos.pool import Inventory
from tests.chaos.processes import Ended
from tests.chaos.producers import Producers
from tests.chaos.schedule import Injection, Schedule
from tests.chaos.testbed import XENFLOW_SYSTEM, System, Testbed, Timing, testbed

INTERVAL = 1.0  # seconds between two reads of what is not answered yet
UNACKED = "unacked"


@dataclass(frozen=True)
class Outcome:
    """What came of a round."""

    system: str
    balance: Balance
    faults: Mapping[str, int]
    ended: Sequence[Ended]
    seconds: float


def play(
    schedule: Schedule, folder: Path, system: System, timing: Timing, *, fsync: str
) -> Outcome:
    """Run a round from its schedule."""
    with testbed(folder, system, timing, fsync=fsync) as bed:
        return _Round(schedule, bed).play()


class _Round:
    """A round in the making."""

    def __init__(self, schedule: Schedule, bed: Testbed) -> None:
        self._schedule = schedule
        self._bed = bed
        self._is_ours = bed.system is XENFLOW_SYSTEM
        self._load = schedule.load if self._is_ours else schedule.load.plain()
        self._faults: Counter[str] = Counter()
        self._failed: list[BaseException] = []
        self._over = threading.Event()

    def play(self) -> Outcome:
        bed, load = self._bed, self._load
        began = time.monotonic()
        bed.xenserver.make_ready(load.jobs)
        before, reply = bed.xenserver.inventory(), len(bed.xenserver.effects())
        producers = Producers(load, bed.redis.url, bed.stack.app, bed.xenserver, bed.stack.cancel)
        bed.start()
        self._inject_and_send(producers)
        self._wait_until_quiet(producers, load)
        self._faults += producers.cancels
        found = self._balance(producers, before, reply)
        producers.close()
        seconds = time.monotonic() - began
        return Outcome(bed.system.name, found, self._faults, bed.processes.ended, seconds)

    def _inject_and_send(self, producers: Producers) -> None:
        """Run all lanes beside the producers, to their ends or to the first that fails."""
        work: list[Callable[[], None]] = [lambda: producers.send_all(self._over)]
        work += [lambda lane=lane: self._run(lane) for lane in self._schedule.lanes.values()]  # type: ignore[misc]  # bound at once
        threads = [threading.Thread(target=self._guarded, args=(each,)) for each in work]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            self._over.set()
        if self._failed:
            raise self._failed[0]
        if self._is_ours:
            self._faults["a worker's clock is ahead"] = 1

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            self._failed.append(error)
            self._over.set()

    def _run(self, lane: Sequence[Injection]) -> None:
        for injection in lane:
            if self._over.wait(injection.pause):
                return
            dice = random.Random(injection.seed)  # noqa: S311 - dice of a schedule
            with injection.fault.inject(self._bed, dice):
                self._faults[injection.fault.name] += 1
                self._over.wait(injection.seconds)

    def _wait_until_quiet(self, producers: Producers, load: Load) -> None:
        """Wait until all is answered and nothing waits, or nothing has come further for long."""
        ids = [job.id for job in load.jobs] + [
            rubbish.id for rubbish in load.rubbish if rubbish.malformed.answered
        ]
        furthest, since = (-1, 0), time.monotonic()
        while time.monotonic() - since < self._bed.timing.quiet:
            now = (producers.look(ids), -sum(self._waiting().values()))
            if now == (len(ids), 0) and not self._is_busy():
                return
            if now > furthest:
                furthest, since = now, time.monotonic()
            time.sleep(INTERVAL)

    def _is_busy(self) -> bool:
        return bool(self._bed.to_xenserver.held or self._bed.xenserver.pending())

    def _waiting(self) -> dict[str, int]:
        """Count the messages that wait in queues or in hands."""
        with self._bed.redis.client() as client:
            queues = ("change", "find", "celery")
            waiting = {queue: int(client.llen(queue)) for queue in queues}
            return {**waiting, UNACKED: self._unacked(client)}

    def _unacked(self, client: redis.Redis) -> int:
        """Count the messages of our kinds that nobody has acknowledged."""
        entries = client.hvals(UNACKED)
        return sum(b'"task": "xenflow.poll"' not in entry for entry in entries)

    def _balance(self, producers: Producers, before: Inventory, reply: int) -> Balance:
        """Balance the books; what is stuck stays so, and a reconciler is given time for orphans.

        A message of a worker's own, such as that of its reconciler, is in hand now and then.
        """
        until = time.monotonic() + self._bed.timing.quiet
        while True:
            found = balance(self._evidence(producers, before, reply))
            passing = found.counts["orphans"] + found.counts["stuck"]
            if not passing or not self._is_ours or time.monotonic() > until:
                return found
            time.sleep(INTERVAL * 5)

    def _evidence(self, producers: Producers, before: Inventory, reply: int) -> Evidence:
        bed, load = self._bed, self._load
        ids = [*(job.id for job in load.jobs), *(rubbish.id for rubbish in load.rubbish)]
        journal = bed.stack.runtime.journal
        return Evidence(
            jobs=load.jobs,
            rubbish=load.rubbish,
            accepted=producers.accepted,
            answers=producers.answers,
            changed=frozenset(producers.changed),
            entries=journal.read_all(ids) if self._is_ours else None,
            waiting=self._waiting(),
            before=before,
            after=bed.xenserver.inventory(),
            effects=bed.xenserver.effects()[reply:],
        )
