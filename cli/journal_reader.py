"""The journal, read with the Redis client alone: Celery takes too long to import for a look."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from config import settings
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys

_CONNECT_TIMEOUT = 2.0  # seconds
_ANSWER_TIMEOUT = 10.0  # seconds until a Redis that says nothing counts as away


@contextmanager
def connected(url: str, prefix: str) -> Iterator[Journal]:
    """Open the journal at an address, for reading; close the connection at the end of the block."""
    with _client(url) as redis:
        yield Journal(redis, Keys(prefix), lease=0.0, keep=0)


@contextmanager
def opened() -> Iterator[Journal]:
    """Open the journal of the settings, once its Redis has answered."""
    chosen = settings.load()
    with connected(chosen.result_backend, chosen.journal_prefix) as journal:
        journal.redis.ping()
        yield journal


@contextmanager
def _client(url: str) -> Iterator[Redis]:
    if url.startswith("sentinel://"):  # Celery knows how to ask Sentinels
        with importlib.import_module("cli.client").Client(settings.load()) as client:
            yield client.redis
        return
    with Redis.from_url(
        url.replace("redis+socket://", "unix://"),
        socket_connect_timeout=_CONNECT_TIMEOUT,
        socket_timeout=_ANSWER_TIMEOUT,
    ) as redis:
        yield redis
