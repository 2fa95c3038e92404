"""Delays before another try: bounded, and spread, at any attempt."""

from statistics import mean

import pytest

from config.settings import Settings
from tasks.engine import retry
from tasks.engine.execution import deferral
from tasks.engine.journal.record import IntendedCall, Point, Record, Retry
from xenserver import errors

UNREACHABLE = errors.Unreachable("XENFLOW_UNREACHABLE", ["url", "why"])
BUSY = errors.Busy("TOO_BUSY")
LOST = errors.Refused("XENFLOW_TARGET_UNKNOWN", ["lab"])
DEADLINE = 3_600.0


@pytest.mark.parametrize("attempt", [0, 1, 4, 6, 7, 8, 30, 60, 1_000, 100_000])
def test_delays_are_spread_at_any_attempt(attempt: int) -> None:
    """Those who failed together do not come again together, however often they failed."""
    bound = min(retry.CAP, 2.0 ** min(attempt, 60))
    delays = [retry.delay(attempt) for _ in range(2_000)]

    assert all(retry.FLOOR <= delay <= bound for delay in delays)
    quarters = [sum(bound * n / 4 <= d <= bound * (n + 1) / 4 for d in delays) for n in range(4)]
    assert min(quarters) > 300
    assert mean(delays) == pytest.approx(bound / 2, rel=0.15)


def test_an_unreachable_xenserver_is_retried_for_a_while() -> None:
    settings = Settings(unreachable_timeout=60.0)
    waiting = Record(deadline=DEADLINE, retry=Retry(3, 100.0, "away"))

    assert deferral.limit(waiting, UNREACHABLE, settings) == 160.0
    assert deferral.limit(waiting, BUSY, settings) == DEADLINE


def test_the_time_in_which_nobody_asked_xenserver_does_not_count() -> None:
    """A message that waits in a long queue, or for Redis, is no sign that XenServer is away."""
    waiting = Retry(1, since=100.0, message="away", due=101.0)

    late = deferral.tried_again(waiting, began=181.0)

    assert late == Retry(1, since=180.0, message="away")
    assert deferral.tried_again(late, began=500.0) == late
    assert deferral.tried_again(waiting, began=100.5) == Retry(1, since=100.0, message="away")
    assert deferral.tried_again(None, began=1.0) is None


def test_what_is_in_flight_is_waited_for_until_the_deadline() -> None:
    """XenServer may have done it."""
    call = Point(call=IntendedCall("VM.start", [], 1.0))
    record = Record(deadline=DEADLINE, retry=Retry(3, 100.0, "away"), points={"0": call})

    assert deferral.limit(record, UNREACHABLE, Settings()) == DEADLINE


def test_a_profile_that_is_missing_passes_only_for_what_is_in_flight() -> None:
    """A message that names no profile is wrong; one whose call is at work waits for it."""
    call = Point(call=IntendedCall("VM.start", [], 1.0))

    assert not deferral.is_passing(Record(), LOST)
    assert deferral.is_passing(Record(points={"0": call}), LOST)
