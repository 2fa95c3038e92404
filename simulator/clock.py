"""Simulated time: runs at a chosen speed, can be held and advanced.

Operations, the sweeps and every timestamp follow this clock. What the client measures itself
(the timeout of `event.from`) follows real time, so that a held clock never hangs a client.
"""

import asyncio
import functools
import heapq
import itertools
import time
from datetime import UTC, datetime

NEVER = "19700101T00:00:00Z"
_SETTLE_ROUNDS = 25


def iso(seconds: float) -> str:
    """Write an instant as XenServer does: `20260824T10:11:12Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y%m%dT%H:%M:%SZ")


@functools.lru_cache(4096)
def seconds(text: str) -> float:
    """Read an instant as XenServer writes it, in seconds since 1970."""
    return datetime.strptime(text, "%Y%m%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


class Clock:
    """One clock for a whole pool; `speed` is simulated seconds per real second."""

    def __init__(self, *, speed: float = 1.0, start: float | None = None) -> None:
        """Start running at `start` (seconds since 1970; default: today's)."""
        self.speed = speed
        self._base = time.time() if start is None else start
        self._anchor = time.monotonic()
        self._held = False
        self._order = itertools.count()
        self._due: list[tuple[float, int, asyncio.Future[None]]] = []
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def held(self) -> bool:
        """Return whether the clock stands still."""
        return self._held

    def now(self) -> float:
        """Return the simulated instant, in seconds since 1970."""
        if self._held:
            return self._base
        return self._base + (time.monotonic() - self._anchor) * self.speed

    def iso(self) -> str:
        """Return the simulated instant as XenServer writes it."""
        return iso(self.now())

    def timer(self, seconds: float) -> asyncio.Future[None]:
        """Return a future that is done after `seconds`; it may be resolved earlier."""
        timer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._due, (self.now() + seconds, next(self._order), timer))
        if self._due[0][2] is timer:
            self._arm()
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of simulated time."""
        await self.timer(seconds)

    def hold(self) -> None:
        """Stop the clock until it is released or advanced."""
        self._set(self.now(), held=True)

    def release(self) -> None:
        """Run again, from where the clock stood."""
        self._set(self.now(), held=False)

    async def advance(self, seconds: float) -> None:
        """Move on by `seconds`, letting all that is due happen in its order."""
        end = self.now() + seconds
        while self._due and self._due[0][0] <= end:
            self._set(max(self.now(), self._due[0][0]), held=self._held)
            self._ring()
            await _settle()
        self._set(max(self.now(), end), held=self._held)

    def _set(self, instant: float, *, held: bool) -> None:
        self._base, self._anchor, self._held = instant, time.monotonic(), held
        self._arm()

    def _arm(self) -> None:
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        if self._due and not self._held:
            delay = max(0.0, (self._due[0][0] - self.now()) / self.speed)
            self._alarm = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        now = self.now()
        while self._due and self._due[0][0] <= now:
            timer = heapq.heappop(self._due)[2]
            if not timer.done():
                timer.set_result(None)
        self._arm()


async def _settle() -> None:
    for _ in range(_SETTLE_ROUNDS):
        await asyncio.sleep(0)
