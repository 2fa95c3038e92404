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
