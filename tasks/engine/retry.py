"""Exponential backoff with jitter, for the engine, the poller and what waits for Redis."""

import random

BASE = 1.0  # seconds; the bound of the first delay
CAP = 30.0  # seconds; the bound of all later ones
FLOOR = 0.1  # seconds; no delay is shorter


def delay(attempt: int, *, base: float = BASE, cap: float = CAP, floor: float = FLOOR) -> float:
    """Return the seconds to wait before trying again, with full jitter; attempts count from 0.

    The bound doubles with each attempt up to the cap; the delay is anything below it, so that
    those who failed together do not come again together.
    """
    bound = min(cap, base * 2.0 ** min(attempt, 60))
    return max(floor, random.uniform(0.0, bound))  # noqa: S311 - jitter, not a secret
