"""Unusual messages of other clients are accepted, or become dead letters, and stop no worker."""

import json
import uuid
from typing import Any

import pytest

from tests.end_to_end import messages
from tests.stack import TIMEOUT, StackHarness
from workers.broker import dead_letters
from xenserver import errors

MAKE = "flow.create_vm_from_configured_template"
CLONE = "xenserver.vm.clone"


def push(stack: StackHarness, headers: Any, body: object, **properties: Any) -> None:
    """Write a message by hand, with properties of its own; None leaves one out."""
    written = json.loads(messages.envelope({}, body, queue="change"))
    written["headers"] = headers
    written["properties"] |= properties
    written["properties"] = {n: v for n, v in written["properties"].items() if v != "nothing"}
    stack.redis.lpush("change", json.dumps(written))


@pytest.mark.parametrize("reply", [None, "nothing", {}, {"exchange": "x", "routing_key": "x"}])
def test_a_message_comes_again_whatever_it_says_of_its_way(
    stack: StackHarness, name: str, reply: object
) -> None:
    """An operation with two calls resumes on a queue of the workers, whatever the message says."""
    sent, fields = str(uuid.uuid4()), {"template": "blank", "name": name}
    headers, body = messages.protocol_2("xenserver.vm.install", sent, fields)

    push(stack, headers, body, delivery_info=reply)

    answer = stack.app.AsyncResult(sent).get(timeout=TIMEOUT)
    assert [answer["uuid"]] == [made["uuid"] for made in stack.xenserver.named("VM", name)]


@pytest.mark.parametrize("priority", [3, 9])
def test_an_urgent_message_is_answered(stack: StackHarness, priority: int) -> None:
    """Kombu keeps it in a list of its own, which workers consume too."""
    found = stack.app.send_task("xenserver.host.find", priority=priority)

    assert found.get(timeout=TIMEOUT)["count"] == 3


def test_a_message_expires_only_before_it_has_begun(stack: StackHarness, name: str) -> None:
    """What XenServer works on is answered, and gets its name."""
    with stack.xenserver.held():
        result = stack.app.send_task(CLONE, kwargs={"vm": "deb12", "name": name}, expires=3600)
        stack.until(lambda: stack.record(result.id).phase == "parked", "parked")
        _let_expire(stack, result.id)

    assert result.get(timeout=TIMEOUT)["name_label"] == name
    assert len(stack.xenserver.named("VM", name)) == 1


def _let_expire(stack: StackHarness, operation: str) -> None:
    """Move the expiry of the message that is sent again far into the past."""
    kept = json.loads(stack.record(operation).message)
    kept["headers"]["expires"] = "2001-01-01T00:00:00+00:00"
    entry = stack.runtime.journal.keys.entry(operation)
    stack.redis.hset(entry, "message", json.dumps(kept))


@pytest.mark.parametrize("kind", ["a/b-{}", "100%/{}%2F", "[x]*?{}", "\N{SNOWMAN} {}"])
def test_an_id_may_hold_what_can_be_printed(stack: StackHarness, name: str, kind: str) -> None:
    """A flow with such an id knows its steps: when one fails, nothing is left."""
    before, sent = stack.xenserver.inventory(), kind.format(name)
    stack.xenserver.control("fault", what="refuse", method="Async.VM.start", code="SR_FULL")

    result = stack.send(MAKE, task_id=sent, template="deb12", name=name)
    with pytest.raises(errors.Full, match=f"undone: VM {name}"):
        result.get(timeout=TIMEOUT)

    assert stack.xenserver.inventory() == before


@pytest.mark.parametrize("kind", ["a\n{}/0", "x" * 300 + "{}"])
def test_an_id_that_cannot_go_where_ids_go_is_refused(
    stack: StackHarness, name: str, kind: str
) -> None:
    """The error is stored under that id, and nothing is done."""
    result = stack.send(CLONE, task_id=kind.format(name), vm="deb12", name=name)

    with pytest.raises(errors.Refused, match="an id is at most 255 characters"):
        result.get(timeout=TIMEOUT)
    assert stack.xenserver.named("VM", name) == []


@pytest.mark.parametrize(
    ("task", "fields", "kept"),
    [
        (CLONE, {"vm": "deb12", "name": "another"}, 1),
        ("xenserver.vm.destroy", {"vm": "web02"}, 1),
        (CLONE, {"vm": "deb12", "cpus": "wrong"}, 0),
        ("xenserver.vm.dance", {"vm": "web02"}, 0),
    ],
)
def test_an_id_is_that_of_one_message(
    stack: StackHarness, name: str, task: str, fields: dict[str, str], kept: int
) -> None:
    """Another one is noted and put aside, unless it is wrong besides; the first one continues."""
    with stack.xenserver.held():
        result = stack.send(CLONE, vm="deb12", name=name)
        stack.until(lambda: stack.record(result.id).phase == "parked", "parked")
        claims = stack.record(result.id).fencing_token
        stack.send(task, task_id=result.id, **fields)
        stack.until(lambda: stack.record(result.id).refusals, "the other one refused")
        assert stack.record(result.id).fencing_token == claims

    stack.until(lambda: len(letters_of(stack, result.id)) == kept, "the other one put aside")
    assert result.get(timeout=TIMEOUT)["name_label"] == name
    assert len(stack.xenserver.named("VM", name)) == 1
    assert stack.xenserver.named("VM", "web02") != stack.xenserver.named("VM", "another") == []


def letters_of(stack: StackHarness, id_: str) -> list[str]:
    """Return why messages with an id were put aside."""
    key = stack.runtime.journal.keys.dead_letters
    letters = dead_letters.DeadLetters(stack.redis, key).letters()
    return [one.problem for one in letters if id_ in one.message and "XENFLOW_ID" in one.problem]


def test_a_message_put_aside_for_its_id_is_put_aside_again_when_it_is_put_back(
    stack: StackHarness, name: str
) -> None:
    """After the end of the first too, which stays the result of the id."""
    with stack.xenserver.held():
        first = stack.send(CLONE, vm="deb12", name=name)
        stack.until(lambda: stack.record(first.id).phase == "parked", "parked")
        stack.send(CLONE, task_id=first.id, vm="deb12", name=f"{name}-2")
        stack.until(lambda: letters_of(stack, first.id), "put aside")
    reply = first.get(timeout=TIMEOUT)
    stack.until(lambda: stack.record(first.id).published, "published")

    letters = dead_letters.DeadLetters(stack.redis, stack.runtime.journal.keys.dead_letters)
    letters.requeue(one for one in letters.letters() if first.id in one.message)

    stack.until(lambda: stack.record(first.id).refusals == 2, "refused again")
    stack.until(lambda: letters_of(stack, first.id), "put aside again")
    assert stack.app.AsyncResult(first.id).result == reply
    assert stack.xenserver.named("VM", f"{name}-2") == []


def test_a_body_that_is_text_is_read_as_kombu_reads_it(stack: StackHarness, name: str) -> None:
    """The client celery-ts declares the body_encoding utf-8, and so does kombu for plain text."""
    sent = str(uuid.uuid4())
    written = json.loads(messages.envelope({"task": CLONE, "id": sent}, [], queue="celery"))
    written["body"] = json.dumps([[], {"vm": "deb12", "name": name}, {}])
    written["properties"]["body_encoding"] = "utf-8"

    stack.redis.lpush("celery", json.dumps(written))

    assert stack.app.AsyncResult(sent).get(timeout=TIMEOUT)["name_label"] == name


@pytest.mark.parametrize("is_revoked", [False, True])
def test_a_message_whose_entry_is_something_else_stops_no_worker(
    stack: StackHarness, *, is_revoked: bool
) -> None:
    """Somebody wrote to its key: it fails by a name; a revoked one is put aside."""
    id_ = str(uuid.uuid4())
    key = stack.runtime.journal.keys.entry(id_)
    stack.redis.set(key, "x")
    if is_revoked:
        stack.app.control.revoke(id_)
        stack.do("xenserver.vm.find", name="web02")

    result = stack.send("xenserver.vm.start", task_id=id_, vm="web02")

    if is_revoked:
        stored = dead_letters.DeadLetters(stack.redis, stack.runtime.journal.keys.dead_letters)
        stack.until(lambda: any(id_ in one.message for one in stored.letters()), "put aside")
    else:
        with pytest.raises(errors.Unknown, match=f"redis-cli type {key}"):
            result.get(timeout=TIMEOUT)
    stack.redis.delete(key)
    stack.do("xenserver.vm.find", name="web02")
