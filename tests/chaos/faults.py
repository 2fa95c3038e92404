"""The faults of a round, as data: what is done to which part, and for how long.

Each is a context manager: the fault lasts while the block runs, and everything is healed after it.
Durations are in seconds for processes with a short lease (3 s) and a short visibility timeout
(4 s); the scale of a round stretches them.
"""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.chaos.testbed import Testbed

Inject = Callable[[Testbed, random.Random], AbstractContextManager[object]]

PROCESSES, REDIS, XENSERVER = "processes", "redis", "xenserver"
MUTATING = b"Async."  # what a held request contains: it would have an effect
CALLS = ("Async.V*", "VM.*", "*.get_*", "session.*", "event.from", "*")  # whose answers are lost


@dataclass(frozen=True)
class Fault:
    """One class of faults; those of one lane never overlap."""

    name: str
    lane: str
    seconds: tuple[float, float]
    inject: Inject


def _kill(part: str) -> Inject:
    return lambda testbed, dice: testbed.processes.killed(dice.choice(testbed.parts[part]))


def _freeze(part: str) -> Inject:
    return lambda testbed, dice: testbed.processes.frozen(dice.choice(testbed.parts[part]))


def _redis(trouble: str) -> Inject:
    return lambda testbed, _: testbed.redis.trouble(trouble)


def _restart_toolstack(*, finish: bool) -> Inject:
    return lambda testbed, _: testbed.xenserver.once("restart_toolstack", finish=finish)


def _lose(when: str) -> Inject:
    return lambda testbed, dice: testbed.xenserver.faulty(
        what="lose",
        method=dice.choice(CALLS),
        when=when,
        count=-1,
        probability=dice.uniform(0.1, 0.6),
    )


def _hold(testbed: Testbed, dice: random.Random) -> AbstractContextManager[object]:
    late = testbed.timing.late * dice.uniform(0.5, 1.0)
    return testbed.to_xenserver.hold(MUTATING, count=dice.randint(1, 4), seconds=late)


FAULTS = (
    Fault("a worker is killed", PROCESSES, (1, 3), _kill("worker")),
    Fault("a poller is killed", PROCESSES, (1, 3), _kill("poller")),
    Fault("a worker is frozen", PROCESSES, (5, 7), _freeze("worker")),
    Fault("a poller is frozen", PROCESSES, (5, 7), _freeze("poller")),
    Fault("Redis is killed", REDIS, (0.5, 3), lambda testbed, _: testbed.redis.killed()),
    Fault("Redis kills clients", REDIS, (2, 4), lambda testbed, _: testbed.redis.kills_clients()),
    Fault("Redis: READONLY", REDIS, (1, 4), _redis("READONLY")),
    Fault("Redis: MASTERDOWN", REDIS, (1, 4), _redis("MASTERDOWN")),
    Fault("Redis: OOM", REDIS, (1, 4), _redis("OOM")),
    Fault("Redis: NOREPLICAS", REDIS, (1, 4), _redis("NOREPLICAS")),
    Fault("Redis: BUSY", REDIS, (1, 4), lambda testbed, _: testbed.redis.busy()),
    Fault("the network to Redis is cut", REDIS, (0.5, 3), lambda t, _: t.to_redis.cut()),
    Fault("a black hole to Redis", REDIS, (1, 5), lambda t, _: t.to_redis.black_hole()),
    Fault("delay to Redis", REDIS, (2, 4), lambda t, d: t.to_redis.latency(d.uniform(0.02, 0.2))),
    Fault("the toolstack restarts", XENSERVER, (1, 3), _restart_toolstack(finish=False)),
    Fault("it finishes unseen", XENSERVER, (1, 3), _restart_toolstack(finish=True)),
    Fault("answers lost before", XENSERVER, (1, 3), _lose("before")),
    Fault("answers lost after", XENSERVER, (1, 3), _lose("after")),
    Fault("requests come late", XENSERVER, (2, 3), _hold),
    Fault("the network to it is cut", XENSERVER, (0.5, 3), lambda t, _: t.to_xenserver.cut()),
    Fault("a black hole to it", XENSERVER, (1, 5), lambda t, _: t.to_xenserver.black_hole()),
    Fault("delay to it", XENSERVER, (2, 4), lambda t, d: t.to_xenserver.latency(d.uniform(0.1, 1))),
)
