"""Waiting for a message of one list, on a connection of its own, without removing anything."""

import time
from typing import Any

from kombu.log import get_logger
from redis.exceptions import ConnectionError as Disconnected

from config import redis_replies
from workers.broker.acknowledgement import TROUBLE

WAIT = 5.0  # seconds Redis holds one waiting; a reply that is overdue means a dead connection
OVERDUE = 10.0  # seconds beyond that
LONGEST_PAUSE = 5.0  # seconds between two tries of a Redis that answers with errors

log = get_logger(__name__)


class Waiter:
    """Waits for one list; pauses, longer each time, while Redis answers with errors."""

    def __init__(self, channel: Any, name: str) -> None:  # one of kombu's, which have no types
        self.name = name
        # kombu's own way to a client that tells when it is disconnected
        self.client = channel._create_client(asynchronous=True)  # noqa: SLF001 - see above
        self.since: float | None = None
        key = f"{channel.global_keyprefix}{name}"
        self._command = ("BLMOVE", key, key, "RIGHT", "RIGHT", WAIT)
        self._not_before = 0.0
        self._troubles = 0

    @property
    def is_paused(self) -> bool:
        """Whether Redis is given time."""
        return time.monotonic() < self._not_before

    def start(self) -> None:
        """Wait, unless it does so already."""
        if self.since is None:
            self.client.connection.send_command(*self._command)
            self.since = time.monotonic()

    def read(self) -> None:
        """Read the reply: there may be a message, or the time is over."""
        self.since = None
        self.client.connection.read_response()

    def answered(self) -> None:
        """Note that Redis answers as it should."""
        self._troubles = 0

    def pause(self, trouble: Exception) -> None:
        """Return Redis time after an error; another server may answer on the next connection."""
        self._troubles += 1
        pause = min(0.1 * 2**self._troubles, LONGEST_PAUSE)
        self._not_before = time.monotonic() + pause
        text = f"{self.name}: {redis_replies.in_words(trouble)}"
        log.warning("Redis answers %r: tried again in %.1f s", text[:500], pause)
        self.disconnect()

    def check(self) -> None:
        """Drop a connection whose reply is overdue."""
        if self.since is not None and time.monotonic() - self.since > WAIT + OVERDUE:
            log.warning("no reply while waiting for %s: dropping the connection", self.name)
            self.disconnect()

    def disconnect(self) -> None:
        """Drop the connection; the next start makes another."""
        self.since = None
        self.client.connection.disconnect()

    def close(self) -> None:
        """Wait no more."""
        connection: Any
        connection, self.client.connection = self.client.connection, None
        if connection is not None:
            connection.disconnect()


def is_lost(trouble: Exception) -> bool:
    """Return whether the connection is lost, rather than Redis unwilling."""
    return isinstance(trouble, (Disconnected, OSError)) and isinstance(trouble, TROUBLE)
