"""A producer whose Redis goes away hears so by a name, and sends again when it is back."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.app import app_or_default
from kombu.exceptions import OperationalError

from cli.client import Client
from cli.exit_codes import CommandFailed
from config.settings import Settings
from tasks.engine.declaration import catalogue
from tasks.engine.journal.entry import Sending
from workers import app as application
from workers.app import Xenflow
from workers.local_stack import valkey_server
from workers.local_stack.valkey_server import Valkey

FIND = "xenserver.host.find"
CAPTURED = json.dumps(
    {
        "body": "[[], {}, {}]",
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "headers": {"id": "again", "task": FIND},
        "properties": {},
        "queue": "find",
    }
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    """Run a server that the test may stop and start."""
    server = valkey_server.start(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def app(server: Valkey) -> Iterator[Xenflow]:
    """Make the application of a producer."""
    previous = app_or_default()
    app = application.create(settings(server))
    yield app
    backend: Any = app.backend  # its Redis part is without types
    backend.result_consumer.subscribed_to.clear()  # they outlive the server
    app.close()
    previous.set_current()


def settings(server: Valkey) -> Settings:
    return Settings(redis_url=server.url, broker_url=server.url, result_backend=server.url)


def restart(server: Valkey) -> None:
    again = valkey_server.start(server.folder, port=server.port, password=server.password)
    server.process = again.process


def send_by_name(app: Xenflow) -> None:
    app.send_task(FIND)


def send_again(app: Xenflow) -> None:
    app.runtime.publisher.resume(Sending(CAPTURED, 1))


@pytest.mark.parametrize("send", [send_by_name, send_again])
def test_a_lost_broker_is_named_and_used_when_it_is_back(
    server: Valkey, app: Xenflow, send: Callable[[Xenflow], None]
) -> None:
    """Its connection was open when the server went; the error is kombu's own for that."""
    send(app)
    server.stop()

    with pytest.raises(OperationalError):
        send(app)
    restart(server)
    send(app)

    assert server.client().llen("find") == 2


def test_a_command_names_the_id_that_it_may_have_sent(server: Valkey) -> None:
    """Whatever Celery and kombu raise when Redis is lost, the person hears what to do."""
    operation = next(one for one in catalogue.everything() if one.name == FIND)
    with Client(settings(server)) as client:
        client.send(operation, {}, "first")
        server.stop()

        with pytest.raises(CommandFailed, match="Redis was lost") as raised:
            client.send(operation, {}, "second")

        restart(server)
    assert "--id second" in str(raised.value.failure.next_step)
