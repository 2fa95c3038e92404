"""Control commands that could only harm a worker are answered with what to do instead."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery.worker import control

from workers import control_commands


@pytest.fixture
def commands() -> Iterator[dict[str, Any]]:
    """Register the commands, as a worker does; put Celery's own back."""
    before = dict(control.Panel.data)
    control_commands.register()
    yield control.Panel.data
    control.Panel.data.update(before)


@pytest.mark.parametrize(
    ("command", "arguments", "remedy"),
    [
        ("shutdown", {}, "SIGTERM"),
        ("pool_grow", {"n": 1}, "XENFLOW_CONCURRENCY"),
        ("pool_shrink", {"n": 1}, "XENFLOW_CONCURRENCY"),
        ("pool_restart", {"modules": None}, "XENFLOW_CONCURRENCY"),
        ("autoscale", {"max": 3, "min": 1}, "XENFLOW_CONCURRENCY"),
        ("time_limit", {"task_name": "xenserver.vm.start", "hard": 3}, "the field timeout"),
        ("cancel_consumer", {"queue": "find"}, "queue: find is one of xenflow"),
        ("cancel_consumer", {"queue": 5}, "queue: must be a name"),
        ("add_consumer", {"queue": "q", "routing_key": [1]}, "routing_key: must be a name"),
        ("add_consumer", {"queue": "q", "exchange_type": "star"}, "direct, topic, fanout"),
    ],
)
def test_a_command_that_only_harms_is_refused(
    commands: dict[str, Any], command: str, arguments: dict[str, Any], remedy: str
) -> None:
    """The reply is an error, as Celery's own are, and the worker goes on."""
    reply = commands[command](None, **arguments)

    assert list(reply) == ["error"]
    assert remedy in reply["error"]


def test_every_command_that_is_refused_is_one_of_celery() -> None:
    """A later version may call one otherwise, and a worker would obey it."""
    assert control_commands.REFUSED.keys() <= control.Panel.meta.keys()
