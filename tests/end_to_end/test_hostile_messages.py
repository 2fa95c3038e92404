"""Each message in a queue is answered or becomes a dead letter, and stops no worker."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end import hostile_messages as hostile
from tests.stack import TIMEOUT, StackHarness
from workers.broker.admission import SOON
from workers.broker.dead_letters import DeadLetters
from xenserver import errors


def push(stack: StackHarness, item: bytes) -> None:
    """Write a message into a queue by hand."""
    stack.redis.lpush("change", item)


def dead_letters(stack: StackHarness) -> DeadLetters:
    return DeadLetters(stack.redis, stack.runtime.journal.keys.dead_letters)


@pytest.fixture(autouse=True)
def _every_slot_is_free_afterwards(stack: StackHarness) -> Iterator[None]:
    """Assert that no message stays unacknowledged, and that each worker continues."""
    yield
    stack.until(lambda: not stack.redis.exists("unacked", "unacked_index"), "all acknowledged")
    assert stack.do("xenserver.host.find")["count"] == 3
    assert all(member.is_running for member in stack.processes)


@pytest.mark.parametrize("what", hostile.REFUSED)
def test_a_message_with_an_id_is_refused_under_it(stack: StackHarness, what: str) -> None:
    task_id = str(uuid.uuid4())

    push(stack, hostile.REFUSED[what].item(task_id))

    with pytest.raises(errors.Refused, match=r"the message is wrong: .*XENFLOW_MESSAGE_INVALID"):
        stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)


@pytest.mark.parametrize("what", hostile.DEAD)
def test_a_message_without_an_id_is_put_aside(stack: StackHarness, what: str) -> None:
    """It is counted and kept, as it was."""
    letters = dead_letters(stack)
    before = letters.count()
    item = hostile.DEAD[what].item(str(uuid.uuid4()))

    push(stack, item)

    stack.until(lambda: letters.count() > before, "put aside")
    kept = letters.letters()[0]
    assert (kept.queue, kept.length) == ("change", len(item))
    assert item.startswith(kept.message.encode(errors="surrogateescape"))


@pytest.mark.parametrize("what", hostile.SOUND)
def test_an_odd_message_is_answered(stack: StackHarness, what: str) -> None:
    """What does no harm is no reason to refuse."""
    task_id = str(uuid.uuid4())

    push(stack, hostile.SOUND[what].item(task_id))

    assert stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)["count"] == 3


def test_a_bomb_is_not_decompressed(stack: StackHarness) -> None:
    """600 MB of spaces in 583 kB: refused when the bound is reached, not when memory is."""
    task_id = str(uuid.uuid4())

    push(stack, hostile.bomb().item(task_id))

    with pytest.raises(errors.Refused, match=r"longer than .* when it is decompressed"):
        stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)


def test_an_id_may_be_a_uuid(stack: StackHarness) -> None:
    task_id = uuid.uuid4()
    written = {"__type__": "uuid", "__value__": {"hex": task_id.hex}}

    push(stack, hostile.Hostile(headers={"id": written}).item(""))

    assert stack.app.AsyncResult(str(task_id)).get(timeout=TIMEOUT)["count"] == 3


def test_messages_for_later_are_in_no_worker_s_hands(stack: StackHarness) -> None:
    """They pass no prefetch and hold no slot, however many."""
    later = [stack.app.send_task(hostile.FIND, countdown=3600, queue="change") for _ in range(40)]
    key = stack.runtime.journal.keys.delayed

    stack.until(lambda: stack.redis.zcard(key) == len(later), "parked")
    stack.until(lambda: not stack.redis.exists("unacked"), "in nobody's hands")

    stack.redis.delete(key)


def test_a_message_for_later_is_answered_when_it_is_due(stack: StackHarness) -> None:
    due = time.time() + 2

    answered = stack.app.send_task(hostile.FIND, countdown=2, queue="change")

    assert answered.get(timeout=TIMEOUT)["count"] == 3
    assert time.time() >= due - SOON


WRONG_QUEUES: list[dict[str, Any]] = [
    {"queue": 5},
    {"queue": {}},
    {"queue": ""},
    {"queue": "q", "exchange": 5},
    {"queue": "q", "exchange_type": "star"},
    {"queue": "q", "exchange_type": []},
    {"queue": "q", "routing_key": [1]},
]


@pytest.mark.parametrize("command", ["add_consumer", "cancel_consumer"])
@pytest.mark.parametrize("arguments", WRONG_QUEUES, ids=str)
def test_a_wrong_control_command_stops_no_worker(
    stack: StackHarness, command: str, arguments: dict[str, Any]
) -> None:
    """Its error is the reply; a worker would end when it consumed from such a queue."""
    workers = [one for one in stack.processes if one.name in {"worker", "poller"}]
    replies = stack.app.control.broadcast(
        command, arguments=arguments, reply=True, timeout=TIMEOUT, limit=len(workers)
    )

    refused = "error" in {key for reply in replies or [] for one in reply.values() for key in one}
    assert refused or (command == "cancel_consumer" and arguments["queue"] == "q")


def test_a_number_that_json_has_not_is_refused(stack: StackHarness) -> None:
    """Clients of other languages could not read an answer that repeats it."""
    for text in (b"NaN", b"Infinity", b"-Infinity", b"1e400"):
        task_id = str(uuid.uuid4())
        push(stack, hostile.Hostile(body=hostile.encoded(b"[[%s], {}, {}]" % text)).item(task_id))

        with pytest.raises(errors.Refused, match="is not JSON"):
            stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)


@pytest.mark.parametrize("stored", [b"\x80", b"[]", b"{}", b"null", b"", None], ids=repr)
def test_what_stands_under_the_key_of_an_answer_is_replaced(
    stack: StackHarness, name: str, stored: bytes | None
) -> None:
    """Somebody has written there what is no result of Celery's; None is for a list."""
    task_id = str(uuid.uuid4())
    key = f"celery-task-meta-{task_id}"
    if stored is None:
        stack.redis.lpush(key, "x")
    else:
        stack.redis.set(key, stored)

    stack.send("xenserver.vm.clone", task_id=task_id, vm="deb12", name=name)

    def answer() -> Any:
        meta = stack.app.backend.get_task_meta(task_id)
        return meta["result"] if meta["status"] == "SUCCESS" else None

    assert stack.until(answer, "the answer")["name_label"] == name
    assert len(stack.xenserver.named("VM", name)) == 1
