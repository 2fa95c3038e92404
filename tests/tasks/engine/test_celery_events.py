"""The time at which an operation began is kept in the headers of its message."""

import math
import time
from typing import Any

import pytest

from tasks.engine import celery_events


def test_the_first_delivery_notes_the_time() -> None:
    """Later deliveries of the same message return it."""
    headers: dict[str, Any] = {}
    before = time.time()

    first = celery_events.began(headers)

    assert before <= first <= time.time()
    assert celery_events.began(headers) == first


@pytest.mark.parametrize("value", ["soon", None, [], {}, "nan", "inf", -1, 0, math.nan, 10.0**300])
def test_a_header_that_is_no_past_time_is_replaced(value: object) -> None:
    """Any producer can write any header."""
    headers: dict[str, Any] = {celery_events.BEGAN: value}
    before = time.time()

    assert celery_events.began(headers) >= before
    assert celery_events.began(headers) <= time.time()
