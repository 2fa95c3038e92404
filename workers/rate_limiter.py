"""A token bucket: how often a poller may long-poll a target, which is expensive for XenServer."""

import time
from collections.abc import Callable


class RateLimiter:
    """`rate` looks a second in the long run, with credit for a burst."""

    def __init__(
        self,
        rate: float,
        burst: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._credit = burst
        self._at = clock()

    def wait(self) -> None:
        """Wait until the next look is due."""
        now = self._clock()
        self._credit = min(self._burst, self._credit + (now - self._at) * self._rate)
        self._at = now
        if self._credit < 1.0:
            pause = (1.0 - self._credit) / self._rate
            self._sleep(pause)
            self._at += pause
            self._credit = 1.0
        self._credit -= 1.0
