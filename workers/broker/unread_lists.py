"""Messages of a priority whose list no worker reads, and their way into one that is read.

Kombu keeps the messages of each step of priority in a list of its own. A producer with other
`priority_steps` than workers have writes into lists that they do not know, and nobody would ever
take its messages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kombu.transport.redis import PRIORITY_STEPS
from redis import Redis

from config import queues

HIGHEST = 9  # kombu sends no other priority


@dataclass(frozen=True)
class UnreadList:
    """A list with messages that nobody reads, and the one of its queue that is read instead."""

    queue: str
    priority: int
    count: int
    key: str
    read: str


def find(redis: Redis, prefix: str = "") -> list[UnreadList]:
    """Return the lists of our queues that hold messages and are of no step that workers have."""
    lists = dict(_lists(prefix))
    with redis.pipeline(transaction=False) as commands:
        for key in lists:
            commands.llen(key)
        counts: Mapping[str, object] = dict(
            zip(lists, commands.execute(raise_on_error=False), strict=True)
        )
    return [
        UnreadList(queue, priority, count, key, _key(prefix, queue, _step(priority)))
        for key, (queue, priority) in lists.items()
        if isinstance(count := counts[key], int) and count
    ]


def rescue(redis: Redis, prefix: str = "") -> list[UnreadList]:
    """Move the messages of such lists to where workers read, the oldest first; return the lists."""
    found = find(redis, prefix)
    for one in found:
        for _ in range(one.count):
            redis.lmove(one.key, one.read, "RIGHT", "LEFT")
    return found


def _lists(prefix: str) -> Iterator[tuple[str, tuple[str, int]]]:
    for queue in queues.ALL:
        for priority in range(HIGHEST + 1):
            if priority not in PRIORITY_STEPS:
                yield _key(prefix, queue, priority), (queue, priority)


def _step(priority: int) -> int:
    """Return the step that a priority belongs to by kombu's own steps."""
    return max(step for step in PRIORITY_STEPS if step <= priority)


def _key(prefix: str, queue: str, step: int) -> str:
    return prefix + queues.list_name(queue, step)
