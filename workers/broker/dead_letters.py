"""Dead letters: messages that nobody can be answered about, put aside so that they stop nobody.

The newest stand first. A long one is kept cut, and cannot be put back into its queue.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from workers.broker import scripts

if TYPE_CHECKING:
    from redis import Redis

MOST = 1_000  # kept; older ones make room
LONGEST = 64 * 1024  # bytes of one message that are kept


@dataclass(frozen=True)
class Letter:
    """A message that was put aside."""

    id: str
    at: float  # epoch seconds
    queue: str  # the list it was taken from
    problem: str
    length: int  # of the whole message, in bytes
    message: str  # its beginning, bytes that are no UTF-8 as Python escapes them

    @property
    def is_whole(self) -> bool:
        """Whether all of it is kept."""
        return self.length <= LONGEST

    def text(self) -> str:
        """Return the letter as it is kept."""
        return json.dumps(asdict(self), sort_keys=True)


def letter(item: bytes, *, tag: str, queue: str, problem: str) -> Letter:
    """Return the letter of a message."""
    return Letter(
        id=tag,
        at=round(time.time(), 3),
        queue=queue,
        problem=problem,
        length=len(item),
        message=item[:LONGEST].decode(errors="surrogateescape"),
    )


class DeadLetters:
    """Look at dead letters, put them back into their queues, or drop them."""

    def __init__(self, redis: "Redis", key: str, *, prefix: str = "") -> None:
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


def count_key(key: str) -> str:
    """Return the key of the counter that belongs to a list of dead letters."""
    return f"{key}:count"
