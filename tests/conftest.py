"""Fixtures for all tests: a Redis-compatible server, and stacks."""

import gc
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.app import app_or_default
from redis import Redis

from config.settings import Settings
from tests.repository import words
from tests.stack import StackHarness, running_stack
from workers import app as application
from workers.app import Xenflow
from workers.local_stack import valkey_server

SHORT = {"visibility_timeout": "4", "lease": "3"}  # seconds; less to wait for after a death


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes long, each apart; keep the other tests of a file in one process.

    A long test that starts last would leave the other processes idle.
    """
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            file, _, name = item.nodeid.partition("::")
            item.add_marker(pytest.mark.xdist_group(f"{file} {name}" if _seconds(item) else file))
    items.sort(key=_seconds, reverse=True)


def _seconds(item: pytest.Item) -> int:
    """Return what a test marked `slow` takes; 0 for another."""
    slow = item.get_closest_marker("slow")
    return slow.kwargs.get("seconds", 10) if slow else 0


def pytest_collection_finish() -> None:
    """Keep the collected tests, which live to the end, out of the garbage collector's way."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _cache_is_of_the_test_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the index of the catalogue in a folder of the test run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _subprocesses_receive_sigint() -> None:
    """Restore SIGINT for subprocesses of tests, also when the parent shell ignores it."""
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
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackHarness]:
    """Run a stack with four slots and a poller, shared by all tests that leave it running."""
    with running_stack(tmp_path_factory.mktemp("stack"), speed=20.0) as stack:
        stack.services.worker()
        stack.services.poller()
        yield stack
        logs = [(process.name, process.output()) for process in stack.processes]
        assert [hit for name, log in logs for hit in words.hits(f"log of {name}", log)] == []


@pytest.fixture(autouse=True)
def _canvases_go_to_the_stack_of_the_test(request: pytest.FixtureRequest) -> None:
    """Send signatures without an app by the stack of this test, not by that of another."""
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").app.set_current()


@pytest.fixture
def isolated_stack(tmp_path: Path) -> Iterator[StackHarness]:
    """Run a stack for one test, which starts and kills its processes."""
    with running_stack(tmp_path, speed=20.0) as stack:
        stack.services.choose(**SHORT)
        yield stack


@pytest.fixture
def name() -> str:
    """Return a name nobody else uses."""
    return f"vm-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def worker(valkey: valkey_server.Valkey, redis: Redis) -> Iterator[Xenflow]:
    """Make the application, for a test that plays a worker's part itself."""
    previous, url = app_or_default(), valkey.url
    settings = Settings(redis_url=url, broker_url=url, result_backend=url)
    app = application.create(settings, for_worker=True)
    yield app
    app.close()
    previous.set_current()
