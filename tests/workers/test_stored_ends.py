"""What is stored under an id is the end of the operation that the journal has under it."""

import json
from typing import Any

import pytest
from celery import states
from celery.app.task import Context
from celery.app.trace import build_tracer
from redis import Redis

from tasks.engine.declaration import catalogue, message
from tasks.engine.execution import begin, stored_ends
from tasks.engine.journal.entry import Place
from tasks.engine.journal.record import CancelRequest, Failure, Record
from workers import result_backend
from workers.app import Xenflow
from xenserver import errors

pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

START = "xenserver.vm.start"
ANSWER: dict[str, Any] = {"return_result": "VM started"}
LARGE: dict[str, Any] = {"return_result": "200 VMs", "records": ["x" * 100] * 200}
BODY = {"task": "xenserver.host.find", "args": [], "kwargs": {}, "options": {"task_id": "body"}}


def deliver(app: Xenflow, name: str = START, /, *, refused: str = "", **fields: Any) -> None:
    """Deliver a message under the id `op`, as part of a chord, as a worker does."""
    request = {
        "id": "op",
        "root_id": "op",
        "task": name,
        "group": "group",
        "group_index": 0,
        "chord": {**BODY, "chord_size": 2},
        "shadow": name,
        "xenflow_refused": refused,
    }
    build_tracer(name, app.tasks[name], app=app)("op", [], fields, request)


def finish(app: Xenflow, answer: dict[str, Any] = ANSWER, *, published: bool = True) -> None:
    """End the operation in the journal, as another worker does."""
    operation = catalogue.find(START)
    assert operation
    asked = {"vm": "web01"}
    request = begin.request(START, asked, message.check(operation.model, asked))
    first = Record(name=START, request=request)
    entry = app.runtime.journal.claim("op", Place(root="op"), first, timeout=60)
    app.runtime.journal.finish(entry, Place(root="op"), answer)
    if published:
        app.runtime.journal.mark_published("op")


def store(app: Xenflow, status: str, result: Any) -> None:
    """Store a result as any program may."""
    app.backend.store_result("op", result, status)


def stored(app: Xenflow) -> tuple[str, Any]:
    """Return what is stored under the id."""
    found = app.backend.get_task_meta("op", cache=False)
    return found["status"], found["result"]


def counted(redis: Redis) -> int:
    """Return how many parts of the chord have ended."""
    return int(redis.zcard("celery-taskset-meta-group.j"))


@pytest.mark.parametrize("foreign", [states.SUCCESS, states.FAILURE])
def test_an_end_replaces_what_somebody_else_has_stored(worker: Xenflow, foreign: str) -> None:
    """Celery itself lets a SUCCESS stand, and an operation that never parks stores no other."""
    store(worker, foreign, "foreign" if foreign == states.SUCCESS else errors.Busy("X"))

    deliver(worker)  # without a field, which ends at once

    status, result = stored(worker)
    assert (status, result.code) == (states.FAILURE, "XENFLOW_MESSAGE_INVALID")


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("foreign", ["foreign", {"return_result": "VM stopped"}])
def test_a_foreign_result_is_replaced_when_the_message_comes_again(
    worker: Xenflow, foreign: Any, *, published: bool
) -> None:
    """The journal knows the end, whether it was stored before or not."""
    finish(worker, published=published)
    store(worker, states.SUCCESS, foreign)

    deliver(worker, vm="web01")

    assert stored(worker) == (states.SUCCESS, ANSWER)


@pytest.mark.parametrize("answer", [ANSWER, LARGE])
def test_an_end_is_not_replaced_by_the_refusal_of_another_request(
    worker: Xenflow, redis: Redis, answer: dict[str, Any]
) -> None:
    """A large one is kept nowhere else; the chord of the other message fails all the same."""
    finish(worker, answer)
    store(worker, states.SUCCESS, answer)

    deliver(worker, vm="web02")

    assert stored(worker) == (states.SUCCESS, answer)
    known = worker.runtime.journal.read("op")
    assert known
    assert "XENFLOW_ID_TAKEN" in known.refused
    assert counted(redis) == 1


def test_a_refusal_is_stored_where_the_end_was_deleted(worker: Xenflow) -> None:
    """The first request, sent again, replaces it by its own answer."""
    finish(worker)

    deliver(worker, vm="web02")
    assert stored(worker)[1].code == "XENFLOW_ID_TAKEN"
    deliver(worker, vm="web01")

    assert stored(worker) == (states.SUCCESS, ANSWER)


def test_a_refusal_is_not_stored_before_the_end_is(worker: Xenflow) -> None:
    """Whoever waits for the first request would take it for the answer."""
    finish(worker, published=False)

    deliver(worker, vm="web02")

    assert stored(worker)[0] == states.PENDING


@pytest.mark.parametrize("answer", [ANSWER, LARGE])
def test_a_refusing_worker_that_stalls_loses_no_answer(
    worker: Xenflow, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    """Meanwhile the operation begins anew under the same id, and succeeds."""
    finish(worker)
    backend: Any = worker.backend
    store_refusal = backend.store_refusal

    def stall(*args: Any) -> Any:
        worker.runtime.journal.redis.delete(worker.runtime.journal.keys.entry("op"))
        finish(worker, answer)
        backend.mark_as_done("op", answer, request=Context(id="op"))
        key = backend.get_key_for_task("op").decode()
        worker.runtime.journal.mark_published("op", result=key, answer=answer)
        return store_refusal(*args)

    monkeypatch.setattr(backend, "store_refusal", stall)
    deliver(worker, vm="web02")

    assert stored(worker) == (states.SUCCESS, answer)
    known = worker.runtime.journal.read("op")
    assert known
    assert worker.runtime.journal.answer(known) == answer


@pytest.mark.parametrize(
    ("status", "result"), [(states.SUCCESS, LARGE), (states.FAILURE, errors.Busy("X"))]
)
def test_who_repeats_what_failed_deletes_no_success(
    worker: Xenflow, status: str, result: object
) -> None:
    """Another one has repeated it meanwhile."""
    store(worker, status, result)

    result_backend.of(worker).forget_failure("op")

    assert stored(worker)[0] == (status if status == states.SUCCESS else states.PENDING)


def test_a_message_for_an_unknown_operation_leaves_an_end(worker: Xenflow, redis: Redis) -> None:
    """It may be that of another service; the chord of the message fails."""
    store(worker, states.SUCCESS, "foreign")

    deliver(worker, "xenflow.refused", refused=json.dumps(["is wrong"]))

    assert stored(worker) == (states.SUCCESS, "foreign")
    assert counted(redis) == 1


def test_a_message_for_an_unknown_operation_under_a_known_id_fails_its_chord(
    worker: Xenflow, redis: Redis
) -> None:
    finish(worker)

    deliver(worker, "xenflow.refused", refused=json.dumps(["is wrong"]))

    assert stored(worker)[0] == states.PENDING
    assert counted(redis) == 1


BUSY = errors.Busy("X", [], "busy")
FAILED = Record(failure=Failure("Busy", "X", [], "busy", ""), ended=1.0)
KEPT: dict[str, tuple[Record, str, object, bool]] = {
    "an answer": (Record(answer=ANSWER), states.SUCCESS, ANSWER, True),
    "another answer": (Record(answer=ANSWER), states.SUCCESS, {}, False),
    "an answer of which there is none": (FAILED, states.SUCCESS, None, False),
    "a failure": (FAILED, states.FAILURE, BUSY, True),
    "another failure": (FAILED, states.FAILURE, errors.Busy("Y", [], "busy"), False),
    "a failure of another program": (FAILED, states.FAILURE, ValueError("X"), False),
    "a revocation that is none": (FAILED, states.REVOKED, None, False),
    "nothing": (FAILED, states.PENDING, None, False),
    "a revocation": (
        Record(failure=FAILED.failure, cancel=CancelRequest.REVOKED),
        states.REVOKED,
        None,
        True,
    ),
    "an answer at the deadline": (
        Record(failure=FAILED.failure, answered=True),
        states.FAILURE,
        errors.TimedOut("XENFLOW_TIMED_OUT", [], "late"),
        True,
    ),
}


@pytest.mark.parametrize("what", KEPT)
def test_a_stored_result_is_compared_with_the_journal(what: str) -> None:
    """What differs from it is no end of the operation."""
    known, status, result, is_end = KEPT[what]

    assert stored_ends.is_end_of(known, status, result) is is_end
