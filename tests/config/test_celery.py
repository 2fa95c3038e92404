"""Celery is configured so that nothing is lost and only JSON is sent."""

import socket
from collections.abc import Iterator

import pytest
from celery import Celery
from celery.app.defaults import NAMESPACES, flatten
from kombu.exceptions import OperationalError
from kombu.transport import redis as transport

from config.celery import celery_settings
from config.settings import Settings


def test_every_setting_is_one_that_celery_knows() -> None:
    """A misspelt setting would be ignored without a word."""
    known = {option[0] for option in flatten(NAMESPACES)}

    assert celery_settings(Settings()).keys() <= known


def test_every_transport_option_is_one_that_kombu_knows() -> None:
    known = {*transport.Channel.from_transport_options, *_RETRIES}

    options = celery_settings(Settings(global_keyprefix="lab:"))["broker_transport_options"]

    assert options.keys() <= known


def test_a_message_is_acknowledged_when_its_work_is_done() -> None:
    """A killed worker's message is delivered again, soon."""
    conf = celery_settings(Settings(visibility_timeout=7))

    assert conf["task_acks_late"]
    assert conf["task_reject_on_worker_lost"]
    assert conf["worker_prefetch_multiplier"] == 1
    assert conf["broker_transport_options"]["visibility_timeout"] == 7


def test_only_json_is_sent() -> None:
    """A message cannot carry code."""
    conf = celery_settings(Settings())

    assert conf["accept_content"] == conf["result_accept_content"] == ["json"]


def test_broker_and_answers_may_live_apart() -> None:
    conf = celery_settings(Settings(broker_url="redis://one:1/0", result_backend="redis://two:2/0"))

    assert (conf["broker_url"], conf["result_backend"]) == ("redis://one:1/0", "redis://two:2/0")


def test_a_prefix_stands_before_messages_and_answers_alike() -> None:
    """Two stacks in one Redis do not meet."""
    conf = celery_settings(Settings(global_keyprefix="lab:"))

    assert conf["broker_transport_options"]["global_keyprefix"] == "lab:"
    assert conf["result_backend_transport_options"]["global_keyprefix"] == "lab:"


@pytest.fixture
def nobody() -> Iterator[str]:
    """Reserve a port at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{held.getsockname()[1]}/0"


def test_a_producer_hears_that_redis_is_down(nobody: str) -> None:
    """It fails, and does not wait for ever."""
    app = Celery(set_as_current=False)
    app.conf.update(celery_settings(Settings(redis_url=nobody)))

    with pytest.raises((OperationalError, RuntimeError), match=r"Retry limit|refused"):
        app.send_task("xenserver.vm.find")


def test_a_worker_retries_more_often_than_a_producer() -> None:
    """Redis may be away for a minute without an answer being lost."""
    producer, worker = (
        celery_settings(Settings(), for_worker=is_worker)["task_publish_retry_policy"]
        for is_worker in (False, True)
    )

    assert worker["max_retries"] > producer["max_retries"]


_RETRIES = ("max_retries", "interval_start", "interval_step", "interval_max")


def test_sentinels_are_asked_for_the_primary_by_its_name() -> None:
    """Messages and answers are found so."""
    url = "sentinel://one:26379/0;sentinel://two:26379/0"
    chosen = Settings(redis_url=url, broker_url=url, result_backend=url, sentinel_master="main")

    reply = celery_settings(chosen)

    assert reply["broker_transport_options"]["master_name"] == "main"
    assert reply["result_backend_transport_options"]["master_name"] == "main"
