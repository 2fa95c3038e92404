"""The state of a target in a process, from slice to slice of its poller.

Like a connection it belongs to this process and is worth nothing to another: whichever follows the
target next begins anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from config.settings import Settings
from workers.rate_limiter import RateLimiter
from xenserver import events

AFTER_LOGIN = (3.0, 7.0, 12.0)
"""Seconds after a new session at which all tasks are read once more.

The toolstack may have restarted between the call of an operation and its parking: its task is gone,
and no event will tell. An operation parks within a lease of its call, or calls anew.
"""
STUCK_AFTER = 90.0  # seconds that a task may be at 100 % before it counts as stuck


@dataclass(frozen=True)
class Position:
    """What a token is good for: the same guests, and one session.

    Another session may mean a restarted toolstack.
    """

    logins: int
    watched: events.Guests


class PollerState:
    """The place in a target's events, its rate limiter, and what was learnt on the way."""

    def __init__(self, settings: Settings) -> None:
        self.rate_limiter = RateLimiter(settings.poll_rate, settings.poll_burst)
        self.metrics: dict[str, str] = {}
        self.failures: int | None = None  # looks in a row that failed; unknown before the first
        self._done: dict[str, float] = {}  # tasks at 100 %, and since when
        self._readings: list[float] = []  # moments at which all tasks are to be read once more
        self._position: Position | None = None
        self._token: str | None = events.START

    def stuck(self, running: Iterable[events.TaskEvent], now: float) -> list[str]:
        """Return the tasks that have been at 100 % for too long.

        A toolstack that swept a subtask before its parent read it waits for it for ever.
        """
        done = [e.ref for e in running if isinstance(e, events.TaskProgress) and e.progress >= 1.0]
        self._done = {ref: self._done.get(ref, now) for ref in done}
        return [ref for ref, since in self._done.items() if now - since >= STUCK_AFTER]

    def token(self, at: Position, now: float) -> str | None:
        """Return the token to go on with; for another position, the one to begin with."""
        if self._position is not None and at.logins != self._position.logins:
            self._readings = [now + seconds for seconds in AFTER_LOGIN]
        return self._token if at == self._position else events.START

    def reading_is_due(self, now: float) -> bool:
        """Return, once for each such moment, whether all tasks are to be read once more."""
        later = [moment for moment in self._readings if moment > now]
        is_due = len(later) < len(self._readings)
        self._readings = later
        return is_due

    def move_on(self, at: Position, token: str | None) -> None:
        """Store the position.

        `at` is of the time before the look: a session may be renewed within it.
        """
        self._position, self._token = at, token


_states: dict[str, PollerState] = {}


def of(place: str, settings: Settings) -> PollerState:
    """Return this process's state of a target."""
    return _states.setdefault(place, PollerState(settings))
