"""Check the keys in Redis: each holds what xenflow keeps there, not what somebody else wrote."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from redis import Redis

from config import queues, redis_replies
from tasks.engine.journal import scripts
from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity

MOST = 100_000  # keys looked at
_AT_ONCE = 1_000


def check(context: Context) -> Iterator[Finding]:
    """Find keys of another type than xenflow keeps there."""
    prefix = context.settings.journal_prefix
    found = islice(context.redis.scan_iter(match=f"{prefix}:*", count=_AT_ONCE), MOST)
    names = iter(scripts.texts(found))
    while batch := list(islice(names, _AT_ONCE)):
        wanted = {key: kind for key in batch if (kind := redis_replies.type_of(key))}
        yield from _wrong("journal", context.redis, wanted)
    yield from _wrong("broker", context.broker, _of_broker(context))


def _of_broker(context: Context) -> dict[str, str]:
    """Return the keys of kombu's that workers take messages by, and their types."""
    wanted = dict.fromkeys(queues.ALL, "list")
    wanted |= {"unacked": "hash", "unacked_index": "zset"}
    prefix = context.settings.global_keyprefix
    return {f"{prefix}{name}": kind for name, kind in wanted.items()}


def _wrong(about: str, redis: Redis, wanted: dict[str, str]) -> Iterator[Finding]:
    for key, kind in zip(wanted, _types(redis, wanted), strict=True):
        if kind not in {"none", wanted[key]}:
            fault, cure = redis_replies.key_in_words(key, kind)
            yield Finding(Severity.BROKEN, about, fault, cure)


def _types(redis: Redis, names: Iterable[str]) -> list[str]:
    with redis.pipeline(transaction=False) as commands:
        for name in names:
            commands.type(name)
        found: list[Any] = commands.execute()
    return scripts.texts(found)
