"""A process measures how far its clock is ahead of Redis's."""

import pytest
from redis import Redis

from workers.process_records import ProcessRecords


@pytest.mark.parametrize("seconds", [-3600.0, 0.25, 3600.0])
def test_a_clock_is_compared_to_the_millisecond(redis: Redis, seconds: float) -> None:
    """A figure such as -3.98e-05 would say more than is known."""
    second, micros = redis.time()
    stopped = int(second) + int(micros) / 1e6 + seconds

    ahead = ProcessRecords(redis, "test").clock_ahead(lambda: stopped)

    assert ahead == round(ahead, 3)
    assert ahead <= seconds  # Redis's clock goes on
