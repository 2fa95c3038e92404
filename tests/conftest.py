"""What many rooms' tests stand on: a real Redis-compatible server, empty for each test that asks for it."""

from collections.abc import Iterator

import pytest
from redis import Redis

from workers import embedded


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Valkey]:
    """A server of this test process's own."""
    server = embedded.start(tmp_path_factory.mktemp("valkey"))
    yield server
    server.stop()


@pytest.fixture
def redis(valkey: embedded.Valkey) -> Iterator[Redis]:
    """A client of that server, which holds nothing."""
    client = valkey.client()
    client.flushall()
    yield client
    client.close()
