"""The journal, read with the Redis client alone: Celery takes too long to import for a look."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from config import startup
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys

_CONNECT_TIMEOUT = 2.0  # seconds
_ANSWER_TIMEOUT = 10.0  # seconds until a Redis that says nothing counts as away


@contextmanager
def opened() -> Iterator[Journal]:
    """Open the journal for reading, once its Redis has answered; close it with the block."""
    url, prefix = startup.journal()
    with _client(url) as redis:
        redis.ping()
        yield Journal(redis, Keys(prefix), lease=0.0, keep=0)


@contextmanager
def _client(url: str) -> Iterator[Redis]:
    if url.startswith("sentinel://"):  # Celery knows how to ask Sentinels
        with importlib.import_module("cli.client").connected() as client:
            yield client.redis
        return
    with Redis.from_url(
        url.replace("redis+socket://", "unix://"),
        socket_connect_timeout=_CONNECT_TIMEOUT,
        socket_timeout=_ANSWER_TIMEOUT,
    ) as redis:
        yield redis
