"""A message is taken and noted as unacknowledged in one step: no worker takes one with it."""

import json
import os
import random
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.result import AsyncResult
from kombu import Connection
from kombu.log import get_logger
from redis import Redis

from tasks.engine.journal.scripts import text
from tests.stack import StackHarness
from workers.broker import transport
from workers.local_stack import valkey_server
from workers.local_stack.supervisor import ManagedProcess, Supervisor

KILLS = 6
BATCH = 400
WORKER = [sys.executable, "-m", "celery", "-A", "tests.end_to_end.taking", "worker"]
OPTIONS = ["-P", "threads", "-c", "16", "--without-mingle", "--without-gossip", "-l", "WARNING"]


def start(supervisor: Supervisor, url: str, name: str) -> ManagedProcess:
    environment = {**os.environ, "XENFLOW_REDIS_URL": url}
    return supervisor.start(
        name, [*WORKER, *OPTIONS, "-n", f"{name}@here"], environment=environment
    )


def answered(results: list[AsyncResult[int]], enough: int) -> bool:
    return sum(result.ready() for result in results) >= enough


def nothing_unacknowledged(redis: Redis) -> bool:
    return not redis.hlen("unacked")


@pytest.mark.slow
def test_no_message_is_lost_with_a_worker_that_dies(
    tmp_path: Path, valkey: valkey_server.Valkey, redis: Redis
) -> None:
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    client = Celery(broker=valkey.url, backend=valkey.url)
    results: list[AsyncResult[int]] = []
    with Supervisor(tmp_path) as supervisor:
        for kill in range(KILLS):
            sent = [client.send_task("taking.step", args=[n]) for n in range(BATCH)]
            results += sent
            worker = start(supervisor, valkey.url, f"w{kill}")
            enough = chance.randrange(BATCH // 8, BATCH // 2)
            supervisor.wait(worker, partial(answered, sent, enough))
            StackHarness.kill(worker)
        heir = start(supervisor, valkey.url, "heir")
        answers = [result.get(timeout=60) for result in results]
        supervisor.wait(heir, partial(nothing_unacknowledged, redis))  # an answer precedes its ack

    assert answers == [*range(BATCH)] * KILLS
    client.close()


def test_a_message_may_be_acknowledged_on_a_channel_that_is_closed(
    valkey: valkey_server.Valkey, redis: Redis
) -> None:
    """A worker that lost its connection continues, and the message is delivered again."""
    with Connection(valkey.url, transport=transport.name(valkey.url)) as ours:
        ours.SimpleQueue("q").put({"n": 1})
        message: Any = ours.SimpleQueue("q").get(timeout=5)
        message.channel.close()

        message.ack_log_error(get_logger(__name__), ours.connection_errors)

    assert redis.llen("q") + redis.hlen("unacked") == 1


def test_a_message_is_published_though_the_channel_was_closed(
    valkey: valkey_server.Valkey, redis: Redis
) -> None:
    """A pooled producer may have lost its connection while it was idle."""
    with Connection(valkey.url, transport=transport.name(valkey.url)) as ours:
        producer: Any = ours.Producer()
        producer.channel.close()

        producer.publish({"n": 1}, routing_key="q", retry=True)

    assert redis.llen("q") == 1


def test_our_workers_take_messages_so(stack: StackHarness) -> None:
    """A consumer waits for each list of each queue without removing anything."""
    stack.do("xenserver.vm.find", limit=1)

    waiting = stack.redis.client_list()

    assert sum(client["cmd"] == "blmove" for client in waiting) >= 5 * 4


def test_a_taken_message_is_noted_as_kombu_does(valkey: valkey_server.Valkey, redis: Redis) -> None:
    """Other consumers of the same broker can bring it back."""
    with Connection(valkey.url) as stock:
        stock.SimpleQueue("q").put({"n": 1})
    with Connection(valkey.url, transport=transport.name(valkey.url)) as ours:
        message = ours.SimpleQueue("q").get(timeout=5)
        ((tag, entry),) = redis.hgetall("unacked").items()

        assert text(tag) == message.delivery_tag
        body, exchange, routing_key = json.loads(entry)
        assert (body["headers"], exchange, routing_key) == (message.headers, "", "q")
        message.ack()
        assert redis.hlen("unacked") == 0
