"""To Celery an operation is a task like any other, in a canvas, with callbacks, revoked."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import Signature, chain, chord, group
from celery.exceptions import ChordError, TaskRevokedError
from celery.result import AsyncResult, GroupResult

from tests.stack import TIMEOUT, StackHarness
from tests.tasks.fixtures import Maker
from xenserver import errors

OTHERS = {"queue": "foreign"}


def clone(name: str, vm: str = "deb12") -> "Signature[Any]":
    return Signature("xenserver.vm.clone", kwargs={"vm": vm, "name": name}, immutable=True)


def after() -> "Signature[Any]":
    return Signature("foreign.after", options=OTHERS)


def count() -> "Signature[Any]":
    return Signature("foreign.count", options=OTHERS)


def note(key: str) -> "Signature[Any]":
    return Signature("foreign.note", kwargs={"key": key}, options=OTHERS)


def get(canvas: "Signature[Any]") -> Any:
    return canvas.apply_async().get(timeout=TIMEOUT)


def noted(stack: StackHarness, key: str) -> list[bytes | str]:
    return stack.runtime.journal.redis.lrange(key, 0, -1)


def test_a_chain_hands_the_answer_on(neighbour: StackHarness, name: str) -> None:
    """What follows an operation in a chain is given its answer."""
    reply = get(chain(clone(name), after()))

    assert reply["after"]["name_label"] == name
    assert len(neighbour.xenserver.named("VM", name)) == 1


def test_a_fed_step_takes_its_field_from_the_answer_before(stack: StackHarness, name: str) -> None:
    """`feed` names the key of the previous answer for a field."""
    copied = Signature("xenserver.vm.clone", kwargs={"feed": {"vm": "uuid"}, "name": f"{name}-2"})

    get(chain(clone(name), copied))

    assert len(stack.xenserver.named("VM", f"{name}-2")) == 1


def test_a_chord_of_twenty_has_one_body_with_twenty_answers(
    neighbour: StackHarness, name: str
) -> None:
    """Every part is counted once."""
    parts = [clone(f"{name}-{n}") for n in range(20)]

    assert get(chord(parts, count())) == 20
    assert all(len(neighbour.xenserver.named("VM", f"{name}-{n}")) == 1 for n in range(20))


def test_a_group_gives_every_answer(stack: StackHarness, name: str) -> None:
    answers = get(group(clone(f"{name}-{n}") for n in range(5)))

    assert [answer["name_label"] for answer in answers] == [f"{name}-{n}" for n in range(5)]


def test_nested_canvases_end(neighbour: StackHarness, name: str) -> None:
    rows = [chain(clone(f"{name}-{n}"), clone(f"{name}-{n}b")) for n in range(3)]

    assert get(chain(clone(name), chord(rows, count()), after())) == {"after": 3}


def test_a_failure_reaches_the_error_callback_once(neighbour: StackHarness, name: str) -> None:
    key = f"note:{name}"
    result = clone(name, vm=f"no-{name}").apply_async(link_error=note(key))

    with pytest.raises(errors.Missing) as caught:
        result.get(timeout=TIMEOUT)
    assert caught.value.code == "XENFLOW_NO_SUCH_OBJECT"
    assert neighbour.until(lambda: noted(neighbour, key), "the note") == [result.id.encode()]


def test_a_failing_step_ends_its_chain(neighbour: StackHarness, name: str) -> None:
    """The last result of the chain has the first error."""
    with pytest.raises(errors.Missing):
        get(chain(clone(name, vm=f"no-{name}"), after()))


def test_a_failing_part_ends_its_chord(neighbour: StackHarness, name: str) -> None:
    """The body is not called; its error callback is, once."""
    key = f"note:{name}"
    body = count().on_error(note(key))
    parts = [clone(f"{name}-0"), clone(name, vm=f"no-{name}"), clone(f"{name}-2")]

    with pytest.raises(ChordError, match="XENFLOW_NO_SUCH_OBJECT"):
        chord(parts, body).apply_async().get(timeout=TIMEOUT, follow_parents=False)
    assert len(neighbour.until(lambda: noted(neighbour, key), "the note")) == 1


@pytest.mark.parametrize("length", [9_000_000, 20_000_000])
def test_a_part_that_is_too_long_ends_its_chord(
    neighbour: StackHarness, name: str, length: int
) -> None:
    """A body beyond the limit, and a message beyond what is read at all."""
    parts = [clone(name), clone(f"{name}-1", vm="x" * length)]

    with pytest.raises(ChordError, match=r"is longer than .* bytes"):
        chord(parts, count()).apply_async().get(timeout=TIMEOUT, follow_parents=False)


def test_revoking_a_parked_operation_cancels_what_runs_on_xenserver(
    stack: StackHarness, name: str
) -> None:
    """A plain Celery revoke ends the task as REVOKED and cancels XenServer's task."""
    with stack.xenserver.held():
        result = clone(name).apply_async()
        stack.until(lambda: stack.record(result.id).phase == "parked", "parked")
        result.revoke()
        stack.until(lambda: stack.record(result.id).cancel, "the cancellation")

    with pytest.raises(TaskRevokedError):
        result.get(timeout=TIMEOUT)
    assert stack.xenserver.named("VM", name) == []
    assert stack.xenserver.named("VM", f"xenflow:{result.id}/0") == []


def test_a_chain_of_which_a_step_is_revoked_ends(stack: StackHarness, name: str) -> None:
    """A service that has stored the id of the last step alone gets to know."""
    with stack.xenserver.held():
        last = chain(clone(name), count(), count()).apply_async()
        middle = last.parent
        assert isinstance(middle, AsyncResult)
        first = middle.parent
        assert isinstance(first, AsyncResult)
        stack.until(lambda: stack.record(first.id).phase == "parked", "parked")
        first.revoke()
        stack.until(lambda: stack.record(first.id).cancel, "the cancellation")

    for step in (last, middle):  # in the order in which Celery ends them
        with pytest.raises(TaskRevokedError):
            step.get(timeout=TIMEOUT, follow_parents=False)


def test_a_chain_of_which_a_step_expires_ends(stack: StackHarness) -> None:
    """Its first step came too late to begin."""
    expired = Signature("xenserver.vm.find", options={"expires": datetime(2001, 1, 1, tzinfo=UTC)})

    last = chain(expired, count()).apply_async()

    with pytest.raises(TaskRevokedError):
        last.get(timeout=TIMEOUT, follow_parents=False)


def test_a_chord_with_a_revoked_part_ends(neighbour: StackHarness, name: str) -> None:
    with neighbour.xenserver.held():
        result = chord([clone(f"{name}-{n}") for n in range(3)], count()).apply_async()
        assert isinstance(result.parent, GroupResult)
        part = result.parent[1]
        neighbour.until(lambda: neighbour.record(part.id).phase == "parked", "parked")
        part.revoke()
        neighbour.until(lambda: neighbour.record(part.id).cancel, "the cancellation")

    with pytest.raises(ChordError):
        result.get(timeout=TIMEOUT, follow_parents=False)


@pytest.mark.parametrize("task", ["xenserver.vm.clone", "flow.create_vm_from_configured_template"])
def test_a_message_sent_three_times_has_one_effect_and_one_answer(
    stack: StackHarness, name: str, task: str
) -> None:
    """The Celery id is the idempotency key, for operations and for flows."""
    fields = {"template" if task.startswith("flow") else "vm": "deb12", "name": name}
    task_id = str(uuid.uuid4())

    results = [stack.send(task, task_id=task_id, **fields) for _ in range(3)]

    answers = [result.get(timeout=TIMEOUT) for result in results]
    assert answers[0] == answers[1] == answers[2]
    assert len(stack.xenserver.named("VM", name)) == 1


def test_a_message_sent_again_after_its_end_changes_nothing(stack: StackHarness, name: str) -> None:
    """The end is published only once."""
    task_id = str(uuid.uuid4())
    stack.send("xenserver.vm.clone", task_id=task_id, vm="deb12", name=name).get(timeout=TIMEOUT)
    stack.until(lambda: stack.record(task_id).published, "reply")

    stack.send("xenserver.vm.clone", task_id=task_id, vm="deb12", name=name)
    stack.do("xenserver.vm.find", name=name)

    stack.until(lambda: not stack.runtime.journal.redis.llen("change"), "the message taken")
    assert len(stack.xenserver.named("VM", name)) == 1


@pytest.mark.parametrize(
    ("task", "fields"),
    [("xenserver.vm.start", {"vm": "web01"}), ("xenserver.vm.clone", {"vm": "web02"})],
)
def test_an_id_that_was_used_is_refused_to_another_request(
    stack: StackHarness, name: str, task: str, fields: dict[str, str]
) -> None:
    """Another operation, or other fields, when the answer of the first has been deleted."""
    task_id = str(uuid.uuid4())
    first = {"vm": "deb12", "name": name}
    stack.send("xenserver.vm.clone", task_id=task_id, **first).get(timeout=TIMEOUT)
    stack.until(lambda: stack.record(task_id).published, "published")
    stack.app.AsyncResult(task_id).forget()

    other = {**fields, "name": f"{name}-2"} if task.endswith("clone") else fields
    stack.send(task, task_id=task_id, **other)

    stack.until(lambda: stack.app.AsyncResult(task_id).state == "FAILURE", "refused")
    with pytest.raises(errors.Refused, match="XENFLOW_ID_TAKEN"):
        stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)
    assert stack.xenserver.named("VM", f"{name}-2") == []


def test_a_large_answer_outlives_the_refusal_of_another_request(stack: StackHarness) -> None:
    """The journal has no copy of it while it is stored as the result of its id."""
    sent = stack.send("xenserver.vm.find", fields=["*"])
    reply = sent.get(timeout=TIMEOUT)
    stack.until(lambda: stack.record(sent.id).answer_key, "an excerpt")

    stack.send("xenserver.vm.find", task_id=sent.id)

    stack.until(lambda: stack.record(sent.id).refusals, "refused")
    assert stack.app.AsyncResult(sent.id).result == reply
    known = stack.record(sent.id)
    assert stack.runtime.journal.answer(known) == reply


@pytest.mark.parametrize("is_there", [True, False])
def test_the_first_request_is_answered_again_after_another_was_refused(
    stack: StackHarness, name: str, *, is_there: bool
) -> None:
    """By its own success or failure, which is stored over the refusal, each time.

    A refusal is stored where the first end was deleted.
    """
    vm = Maker(stack.xenserver, stack.xenserver.control).vm() if is_there else "nosuch"
    first: dict[str, Any] = {"vm": vm, "add": [name]}
    result = stack.send("xenserver.vm.tag", **first)
    reply = str(result.get(timeout=TIMEOUT, propagate=False))
    stack.until(lambda: stack.record(result.id).published, "published")

    for _ in range(2):
        stack.app.AsyncResult(result.id).forget()
        stack.send("xenserver.vm.start", task_id=result.id, vm=vm)
        stack.until(lambda: "XENFLOW_ID_TAKEN" in str(read_result(stack, result.id)), "refused")
        stack.send("xenserver.vm.tag", task_id=result.id, **first)
        stack.until(lambda: str(read_result(stack, result.id)) == reply, "answered again")


def read_result(stack: StackHarness, id_: str) -> Any:
    """Return what is stored under an id now."""
    return stack.app.AsyncResult(id_).result


def test_an_id_sent_again_when_its_answer_has_expired_is_answered_again(
    stack: StackHarness, name: str
) -> None:
    """From the journal, which keeps it longer than Celery does."""
    task_id = str(uuid.uuid4())
    fields = {"vm": "deb12", "name": name}
    first = stack.send("xenserver.vm.clone", task_id=task_id, **fields).get(timeout=TIMEOUT)
    stack.until(lambda: stack.record(task_id).published, "reply")
    stack.redis.delete(f"celery-task-meta-{task_id}")

    again = stack.send("xenserver.vm.clone", task_id=task_id, **fields).get(timeout=TIMEOUT)

    assert again == first
    assert len(stack.xenserver.named("VM", name)) == 1


def test_a_hundred_instant_tasks_all_end(stack: StackHarness, name: str) -> None:
    """A XenServer task may end before its operation is parked."""
    stack.xenserver.control("durations", set={"network.create": 0.0})

    results = [stack.send("xenserver.network.create", name=f"{name}-{n}") for n in range(100)]

    made = {result.get(timeout=TIMEOUT)["uuid"] for result in results}
    assert len(made) == 100
    assert made <= set(stack.xenserver.records("network"))


@pytest.mark.parametrize("command", ["stats", "conf", "registered", "active", "report"])
def test_a_worker_answers_what_is_asked_about_it(stack: StackHarness, command: str) -> None:
    """`celery inspect` and Flower read it."""
    replies = getattr(stack.app.control.inspect(timeout=TIMEOUT, limit=1), command)()

    [reply] = replies.values()
    assert "error" not in reply
