"""The journal, read with the Redis client alone: Celery takes too long to import for a look."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import redis_replies, startup
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys

ANSWER_TIMEOUT = 10.0  # seconds until a Redis that says nothing counts as away
_REDIS = ("redis://", "rediss://", "redis+socket://")
_SENTINEL = "sentinel://"
_CONNECT_TIMEOUT = 2.0  # seconds


@contextmanager
def opened() -> Iterator[Journal]:
    """Open the journal for reading, once its Redis has answered; close it with the block."""
    url, prefix = startup.journal()
    with _client(url) as redis:
        redis.ping()
        yield Journal(redis, Keys(prefix), lease=0.0, keep=0)


@contextmanager
def broker(journal: Journal) -> Iterator[tuple[Redis, str] | None]:
    """Open the Redis of the messages, with what stands before its keys; None where it is none."""
    url, prefix = startup.broker()
    if url == startup.journal()[0]:
        yield journal.redis, prefix
    elif url.startswith(_REDIS):
        with _client(url) as redis:
            yield redis, prefix
    elif url.startswith(_SENTINEL):
        with importlib.import_module("cli.client").connected() as client:
            letters = importlib.import_module("workers.broker.dead_letters")
            with letters.client_of(client.app) as redis:
                yield redis, prefix
    else:
        yield None


@contextmanager
def _client(url: str) -> Iterator[Redis]:
    if url.startswith(_SENTINEL):  # Celery knows how to ask Sentinels
        with importlib.import_module("cli.client").connected() as client:
            yield client.redis
        return
    with redis_replies.NamingRedis.from_url(
        url.replace("redis+socket://", "unix://"),
        socket_connect_timeout=_CONNECT_TIMEOUT,
        retry=Retry(NoBackoff(), retries=0),  # else the limit passes several times
        socket_timeout=ANSWER_TIMEOUT,
    ) as redis:
        yield redis
