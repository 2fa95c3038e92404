"""An engine whose deliveries the test makes itself, one by one, on a real Redis and a pool."""

from collections.abc import Iterator

import pytest
from redis import Redis

from simulator import server
from tests.tasks.engine.deliveries import Engine
from tests.xenserver.pools import Pool
from workers.local_stack.valkey_server import Valkey


@pytest.fixture
def engine(redis: Redis, valkey: Valkey) -> Iterator[Engine]:
    """Serve a pool, and give an engine for it."""
    with server.serve_in_thread(server.Options(control=True, speed=1000.0)) as served:
        made = Engine(redis, valkey.url, Pool(served.url))
        yield made
        made.close()
