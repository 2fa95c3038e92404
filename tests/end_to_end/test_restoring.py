"""Unacknowledged messages are restored; one that cannot be restored stops no worker."""

import json
import uuid
from collections.abc import Iterator
from itertools import chain

import pytest

from tests.end_to_end.hostile_messages import FIND, Hostile
from tests.stack import TIMEOUT, StackHarness
from workers.broker.dead_letters import DeadLetters


@pytest.fixture(autouse=True)
def _workers_go_on(stack: StackHarness) -> Iterator[None]:
    """Assert that nothing stays unacknowledged, and that no worker has ended."""
    yield
    stack.until(lambda: not stack.redis.exists("unacked", "unacked_index"), "all acknowledged")
    assert stack.do(FIND)["count"] == 3
    assert all(process.is_running for process in stack.processes)


def note(stack: StackHarness, tag: str, entry: bytes, *, since: float = 1.0) -> None:
    """Write an entry of a consumer that is dead since long ago."""
    stack.redis.hset("unacked", tag, entry)
    stack.redis.zadd("unacked_index", {tag: since})


def entry(task_id: str, *, exchange: str = "", queue: str = "change", priority: int = 0) -> bytes:
    """Return an entry as kombu writes it."""
    message = json.loads(Hostile(properties={"priority": priority}).item(task_id))
    return json.dumps([message, exchange, queue]).encode()


@pytest.mark.parametrize("tag", ["{}", "xenflow:{}:0", "xenflow:{}:3"])
def test_a_message_of_a_dead_consumer_comes_again(stack: StackHarness, tag: str) -> None:
    task_id = str(uuid.uuid4())
    written = entry(task_id)
    if tag.startswith("xenflow"):
        written = written.replace(b', "", "change"]', b',"","change"]')

    note(stack, tag.format(uuid.uuid4().hex), written)

    assert stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)["count"] == 3


OTHERS = 2_500  # more than one pass puts back


@pytest.fixture
def _orders_is_bound(stack: StackHarness) -> Iterator[None]:
    """Keep an exchange of another service, bound to its queue as kombu notes it."""
    table = "_kombu.binding.orders"
    stack.redis.sadd(table, "order.#\x06\x16order.#\x06\x16orders")
    yield
    stack.redis.delete(table)


@pytest.mark.usefixtures("_orders_is_bound")
def test_what_a_worker_of_another_service_holds_is_left_to_it(stack: StackHarness) -> None:
    """It may hold a message for hours: one that is long at work, prefetched, or to begin later."""
    theirs = [
        entry(str(uuid.uuid4()), exchange=exchange, queue=routing_key)
        for exchange, routing_key in (("", "orders"), ("orders", "order.new"))
    ]
    held = {f"{number}".encode(): theirs[number % 2] for number in range(OTHERS)}
    stack.redis.hset("unacked", items=[*chain.from_iterable(held.items())])
    stack.redis.zadd("unacked_index", dict.fromkeys(held, 1.0))
    task_id = str(uuid.uuid4())

    written = entry(task_id).replace(b', "", "change"]', b',"","change"]')
    note(stack, f"xenflow:{uuid.uuid4().hex}:0", written, since=2.0)

    assert stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)["count"] == 3
    kept = stack.redis.hgetall("unacked")
    stack.redis.delete("unacked", "unacked_index")
    assert kept.items() >= held.items()
    assert not stack.redis.exists("orders")


GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"garbage",
    "no UTF-8": b'[{"a": "\xff"}, "", "change"]',
    "a raw tab": b'[{"a": "\t", "properties": [}, "", "change"]',
    "too little": b"[]",
    "too much": b"[1, 2, 3, 4]",
    "a number for a queue": b'[{}, "", 5]',
    "a list for a queue": b'[{}, "", []]',
    "an exchange that nobody knows": b'[{"properties": {}}, "nowhere", "x"]',
    "an exchange that is a list": b'[{"properties": {}}, [], "x"]',
    "no queue": b'[{"properties": {}}, "", ""]',
    "brackets without end": b"[" * 100_000,
}


@pytest.mark.parametrize("tag", ["garbage-{}", "xenflow:{}:0", "xenflow:{}", "xenflow:{}:x"])
@pytest.mark.parametrize("what", GARBAGE)
def test_what_cannot_be_put_back_is_a_dead_letter(stack: StackHarness, what: str, tag: str) -> None:
    """It is removed from what is unacknowledged, and kept."""
    letters = DeadLetters(stack.redis, stack.runtime.journal.keys.dead_letters)
    before = letters.count()

    note(stack, tag.format(uuid.uuid4().hex), GARBAGE[what])

    stack.until(lambda: letters.count() > before, "put aside")


def test_garbage_in_a_message_that_is_put_back_is_no_garbage_for_long(
    stack: StackHarness,
) -> None:
    """It comes to its queue, where it is checked as any other."""
    letters = DeadLetters(stack.redis, stack.runtime.journal.keys.dead_letters)
    before = letters.count()

    note(stack, f"xenflow:{uuid.uuid4().hex}:0", b'[not a message,"","change"]')

    stack.until(lambda: letters.count() > before, "put aside")
    assert letters.letters()[0].message == "not a message"


def test_two_messages_with_one_tag_are_both_answered(stack: StackHarness) -> None:
    """A producer chose it; a worker knows them by tags of its own."""
    ids = [str(uuid.uuid4()) for _ in range(2)]
    for task_id in ids:
        stack.redis.lpush("change", Hostile(properties={"delivery_tag": "same"}).item(task_id))

    answers = [stack.app.AsyncResult(task_id).get(timeout=TIMEOUT) for task_id in ids]

    assert [reply["count"] for reply in answers] == [3, 3]
