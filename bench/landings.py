"""Landings: 10,000 parked operations end, 3,000 of them at once, the rest at 167 a second.

A worker of four slots and a poller, both with the product's own settings, save the limit of calls
in flight, which is raised so that all can be parked. They are slower than the ends come, so a queue
builds up: a landing that waits in it must not be sent again. In the second part the limit is the
product's own, and operations wait for their turn: they must not be sent again either.
"""

import itertools
import json
import math
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figures import Figure
from config import queues
from tasks.engine.journal.record import Record
from workers import app as application
from workers.local_stack.stack import Stack
from workers.local_stack.supervisor import Supervisor, interrupted_by_signals

PARKED, BURST, RATE = 10_000, 3_000, 167
WAITING = 2_000
BURST_AT, REST_AT = 5.0, 10.0  # simulated seconds after which calls end
CROWD = PARKED * 5 // 4
"""So many VMs, of which one in ten is suspended."""

LOOK, EVERY = 0.25, 10
"""Seconds between two looks, and between two lines of the queue's length."""

OPERATIONS = {"Halted": "xenserver.vm.start", "Running": "xenserver.vm.shutdown"}
VERBS = ("VM.start", "VM.hard_shutdown")


def run() -> Iterator[Figure]:
    """Return the figures of both parts."""
    with interrupted_by_signals(), _installation(max_calls=PARKED) as installation:
        yield from _parked(installation)
    with interrupted_by_signals(), _installation() as installation:
        yield from _waiting(installation)


def _parked(installation: "_Installation") -> Iterator[Figure]:
    """Park operations while the clock of the pool stands still, then let it run."""
    installation.control("hold")
    began = time.monotonic()
    ids = installation.send(PARKED)
    while (parked := installation.parked()) < PARKED:
        installation.control("durations", set=dict.fromkeys(VERBS, _duration(parked)))
        time.sleep(LOOK)
    yield Figure("parked", PARKED / (time.monotonic() - began), "/s", "", 0)
    lengths = installation.let_go(ids)
    for number, length in enumerate(lengths[:: round(EVERY / LOOK)]):
        yield Figure(f"queue after {number * EVERY} s", length, "", "longest", max(lengths))
    ends = installation.ends()
    records = installation.records(ids)
    points = [record.point("0") for record in records]
    yield from _delays("end to landing", [point.landed - ends[point.task] for point in points])
    answered = [r.ended - ends[r.point("0").task] for r in records if r.ended]
    yield from _delays("end to answer", answered)
    yield Figure("failed", sum(r.failure is not None for r in records), "", "limit", 0)
    sent = installation.sendings()
    yield Figure("sent without need", (sent - PARKED) / sent * 100, "%", "limit", 2)


def _duration(parked: int) -> float:
    """Return how long the call takes of an operation that parks as this one."""
    return BURST_AT if parked < BURST else REST_AT + (parked - BURST) / RATE


def _waiting(installation: "_Installation") -> Iterator[Figure]:
    """Send far more than may be in flight: each is sent again for its turn, and to land."""
    ids = installation.send(WAITING)
    lengths = installation.let_go(ids)
    yield Figure("time for those that wait", len(lengths) * LOOK, "s", "", 0)
    sent = installation.sendings() / WAITING
    yield Figure("sent again, each of them", sent, "times", "turn and landing", 2)


def _delays(what: str, seconds: Sequence[float]) -> Iterator[Figure]:
    ordered = sorted(seconds)
    half, most = (ordered[math.ceil(len(ordered) * part) - 1] for part in (0.5, 0.99))
    yield Figure(f"{what}, p50", half, "s", "p99", most)


class _Installation:
    """A stack, a client of it, and the control API of its pool."""

    def __init__(self, stack: Stack, pool: str) -> None:
        self._pool = pool
        self._ahead = 0.0
        self._app = application.create(stack.settings)
        self._journal = self._app.runtime.journal
        self._redis = self._journal.redis

    def control(self, do: str, **parameters: object) -> dict[str, Any]:
        """Send a command to the control API."""
        return self._post("control", {"do": do, **parameters})

    def send(self, count: int) -> list[str]:
        """Send as many messages, each for another VM; return their ids."""
        records = self._ask("VM.get_all_records", self._ask("session.login_with_password"))
        crowd = ((r["name_label"], OPERATIONS.get(r["power_state"])) for r in records.values())
        work = ((name, task) for name, task in crowd if task and name.startswith("vm"))
        sent = [self._send(name, task) for name, task in itertools.islice(work, count)]
        assert len(sent) == count  # noqa: S101 - a benchmark measures what works
        return sent

    def _send(self, vm: str, task: str) -> str:
        more = {"force": True} if task == OPERATIONS["Running"] else {}
        return str(self._app.send_task(task, kwargs={"vm": vm, **more}).id)

    def parked(self) -> int:
        """Return how many operations are parked."""
        return self._app.runtime.parked.count("default")

    def let_go(self, ids: Sequence[str]) -> list[int]:
        """Let the clock run until all have ended; return the length of the queue at each look."""
        self._ahead = time.time() - self.control("release")["now"]
        lengths = []
        last = self._journal.keys.entry(ids[-1])
        while self._redis.zcard(self._journal.keys.open) or not self._redis.exists(last):
            lengths.append(int(self._redis.llen(queues.CHANGE)))
            time.sleep(LOOK)
        return lengths

    def ends(self) -> dict[str, float]:
        """Return when each XenServer task ended, by the clock of this machine."""
        effects = self.control("journal")["effects"]
        return {e["task"]: e["time"] + self._ahead for e in effects if e["method"] in VERBS}

    def records(self, ids: Sequence[str]) -> list[Record]:
        """Return what the journal knows of operations."""
        return list(self._journal.read_all(ids).values())

    def sendings(self) -> int:
        """Return how many messages the engine has sent again."""
        return int(self._redis.hget(self._journal.keys.deliveries, "number") or 0)

    def _ask(self, method: str, session: str = "") -> Any:  # noqa: ANN401 - a wire value
        params = [session] if session else ["root", "xenflow"]
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self._post("jsonrpc", call)["result"]

    def _post(self, path: str, document: object) -> dict[str, Any]:
        request = urllib.request.Request(f"{self._pool}/{path}", json.dumps(document).encode())  # noqa: S310 - our own pool
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - likewise
            return dict(json.load(answer))


@contextmanager
def _installation(max_calls: int | None = None) -> Iterator[_Installation]:
    """Run Valkey, a large pool, a worker and a poller."""
    with tempfile.TemporaryDirectory() as folder, Supervisor(Path(folder)) as supervisor:
        stack = Stack(supervisor)
        stack.valkey()
        pool = stack.simulator(vms=CROWD, control=True)
        if max_calls:
            _allow(stack, max_calls)
        stack.worker()
        stack.poller()
        yield _Installation(stack, pool)


def _allow(stack: Stack, max_calls: int) -> None:
    """Raise the limit of calls in flight."""
    with Path(stack.environment["XENFLOW_TARGETS"]).open("a", encoding="utf-8") as profile:
        profile.write(f"max_calls = {max_calls}\n")
