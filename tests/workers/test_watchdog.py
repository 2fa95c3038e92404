"""A worker that takes nothing though messages wait is unresponsive; others are not."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from workers.watchdog import Activity, Queues, Watch

TIMEOUT = 60.0


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def watch(redis: Redis, clock: Clock) -> Watch:
    """Watch a worker of four slots that serves one queue."""
    queues = Queues(redis, ["change", "find"], "probe")
    return Watch(queues, Activity(), slots=4, timeout=TIMEOUT, clock=clock)


def pass_time(watch: Watch, clock: Clock, seconds: float) -> None:
    """Advance the clock, with a check at each moment at which one is due."""
    until = clock.now + seconds
    while clock.now < until:
        clock.now += watch.every
        watch.look()


def test_a_worker_that_takes_nothing_is_unresponsive(
    watch: Watch, clock: Clock, redis: Redis
) -> None:
    """Once messages have waited for the whole time, and it says so in words."""
    redis.lpush("find", "a", "b")

    pass_time(watch, clock, TIMEOUT - watch.every)
    assert not watch.is_unresponsive(after=TIMEOUT)
    pass_time(watch, clock, 2 * watch.every)

    assert watch.is_unresponsive(after=TIMEOUT)
    assert watch.problem() == "takes nothing for 66 s though 2 messages wait"


def test_an_idle_worker_is_not_unresponsive(watch: Watch, clock: Clock) -> None:
    """Nothing waits."""
    pass_time(watch, clock, 10 * TIMEOUT)

    assert not watch.is_unresponsive(after=TIMEOUT)


def test_a_worker_that_takes_is_not_unresponsive(watch: Watch, clock: Clock, redis: Redis) -> None:
    redis.lpush("find", "a")

    for _ in range(10):
        pass_time(watch, clock, TIMEOUT / 2)
        watch.activity.taken += 1

    assert not watch.is_unresponsive(after=TIMEOUT)


@contextmanager
def unwritable(redis: Redis) -> Iterator[None]:
    redis.config_set("min-replicas-to-write", "1")
    try:
        yield
    finally:
        redis.config_set("min-replicas-to-write", "0")


def test_a_redis_that_refuses_does_not_count(watch: Watch, clock: Clock, redis: Redis) -> None:
    """Nobody could take; the time counts from its recovery."""
    redis.lpush("find", "a")

    with unwritable(redis):
        pass_time(watch, clock, 10 * TIMEOUT)
    assert not watch.is_unresponsive(after=TIMEOUT)
    pass_time(watch, clock, 2 * TIMEOUT)

    assert watch.is_unresponsive(after=TIMEOUT)


def test_a_worker_that_was_stopped_is_given_time(watch: Watch, clock: Clock, redis: Redis) -> None:
    """A process that was frozen could not take; no more could one on a machine that slept."""
    redis.lpush("find", "a")
    watch.look()

    clock.now += 10 * TIMEOUT
    watch.look()

    assert not watch.is_unresponsive(after=TIMEOUT)
