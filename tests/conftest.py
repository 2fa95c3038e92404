"""What tests of many rooms stand on: a real Redis-compatible server, and a whole xenflow."""

import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.stack import Inhabited, inhabited
from workers.local_stack import valkey_server

SHORT = {"visibility_timeout": "4", "lease": "3"}  # seconds; less to wait for after a death


@pytest.fixture(scope="session", autouse=True)
def _processes_hear_ctrl_c() -> None:
    """Let what tests start hear SIGINT, also where a shell started the tests to ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[valkey_server.Valkey]:
    """Start a server of this test process's own."""
    server = valkey_server.start(tmp_path_factory.mktemp("valkey"))
    yield server
    server.stop()


@pytest.fixture
def redis(valkey: valkey_server.Valkey) -> Iterator[Redis]:
    """Return a client of that server, which holds nothing."""
    client = valkey.client()
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    """Keep a house with four slots and a poller, shared by all tests that leave it standing."""
    with inhabited(tmp_path_factory.mktemp("house"), speed=20.0) as lives:
        lives.house.worker()
        lives.house.poller()
        yield lives


@pytest.fixture(autouse=True)
def _canvases_go_to_the_house_of_the_test(request: pytest.FixtureRequest) -> None:
    """Let signatures without an app be sent by the house of this test, not by that of another."""
    if "house" in request.fixturenames:
        request.getfixturevalue("house").app.set_current()


@pytest.fixture
def frail_house(tmp_path: Path) -> Iterator[Inhabited]:
    """Keep a house for one test, whose processes the test starts and kills."""
    with inhabited(tmp_path, speed=20.0) as lives:
        lives.house.choose(**SHORT)
        yield lives


@pytest.fixture
def name() -> str:
    """Return a name nobody else uses."""
    return f"vm-{uuid.uuid4().hex[:12]}"
