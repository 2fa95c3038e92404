"""Dead letters: messages that cannot be answered, put aside so that they block nothing.

The newest stand first. A long one is kept cut, and cannot be put back into its queue.
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from celery import Celery
from redis import Redis

from config import redis_replies
from workers.broker import scripts

MOST = 1_000  # kept; older ones make room
_COLONS = 2  # in a tag of ours: what it begins with, its own part, the priority
LONGEST = 64 * 1024  # bytes of one message that are kept


@dataclass(frozen=True)
class Letter:
    """A message that was put aside."""

    id: str
    at: float  # epoch seconds
    queue: str  # the list it was taken from
    problem: str
    length: int  # of the whole message, in bytes
    message: str  # its beginning, bytes that are not UTF-8 as Python escapes them

    @property
    def is_whole(self) -> bool:
        """Whether all of it is kept."""
        return self.length <= LONGEST

    @property
    def shown(self) -> str:
        """The message as it can be printed."""
        return self.message.encode(errors="surrogateescape").decode(errors="backslashreplace")

    def text(self) -> str:
        """Return the letter as it is kept."""
        return json.dumps(asdict(self), sort_keys=True)


def letter(item: bytes, *, tag: str, queue: str, problem: str, length: int = 0) -> Letter:
    """Return the letter of a message, which may be longer than what is given of it.

    Of a tag of ours, its own part is the id.
    """
    return Letter(
        id=tag.split(":")[1] if tag.count(":") == _COLONS else tag,
        at=round(time.time(), 3),
        queue=queue,
        problem=problem,
        length=length or len(item),
        message=item[:LONGEST].decode(errors="surrogateescape"),
    )


class DeadLetters:
    """Look at dead letters, put them back into their queues, or drop them."""

    def __init__(self, redis: Redis, key: str, *, prefix: str = "") -> None:
        self._redis = redis
        self._key = key
        self._prefix = prefix

    def count(self) -> int:
        """Count all that were put aside lately, dropped ones too."""
        return int(self._redis.get(count_key(self._key)) or 0)

    def letters(self) -> list[Letter]:
        """Return all that are kept, the newest first."""
        return [Letter(**json.loads(text)) for text in self._redis.lrange(self._key, 0, -1)]

    def requeue(self, letters: Iterable[Letter]) -> int:
        """Put letters into their queues again; return how many were still there, and whole."""
        run = scripts.script(self._redis, "requeue")
        return sum(
            run(
                keys=[self._key, self._prefix + one.queue],
                args=[one.text(), one.message.encode(errors="surrogateescape")],
            )
            for one in letters
            if one.is_whole
        )

    def drop(self, letters: Iterable[Letter]) -> int:
        """Forget letters; return how many were still there."""
        return sum(int(self._redis.lrem(self._key, 1, one.text())) for one in letters)


@contextmanager
def client_of(app: Celery) -> Iterator[Redis]:
    """Yield a client of the broker's Redis, which adds no prefix to keys."""
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel  # the stubs know no Redis
        client = redis_replies.NamingRedis(connection_pool=channel.pool)
        yield client
        client.close()


def count_key(key: str) -> str:
    """Return the key of the counter that belongs to a list of dead letters."""
    return f"{key}:count"
