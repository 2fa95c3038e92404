"""A chord is joined once by whoever counts its last part, whatever trouble Redis makes then."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from celery import states
from celery.app.task import Context
from celery.exceptions import Reject
from celery.result import GroupResult
from redis import Redis
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError, ResponseError

from tasks.engine import infrastructure
from tests.stack import CLOSED
from workers import app as application
from workers.app import Xenflow
from workers.broker import connection

BODY: dict[str, Any] = {
    "task": "xenserver.host.find",
    "args": [],
    "kwargs": {},
    "options": {"task_id": "body", "queue": "find"},
    "subtask_type": None,
    "immutable": False,
    "chord_size": 2,
}
COMMANDS = 4  # of a join: count, read the parts, extend the claim, forget the chord


@pytest.fixture(autouse=True)
def _trouble_costs_no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infrastructure, "PAUSE", (0.0, 0.0))
    monkeypatch.setattr(infrastructure, "LONGEST", 0.0)


def count(app: Xenflow, index: int, state: str = states.SUCCESS, result: object = "made") -> None:
    """Count a part of a chord of two."""
    request = Context(id=f"part{index}", group="group", group_index=index, chord=BODY)
    backend: Any = app.backend  # the stubs know no chords
    backend.on_chord_part_return(request, state, result)


def begin(app: Xenflow) -> None:
    """Begin the chord, and count its first part."""
    backend: Any = app.backend
    backend.set_chord_size("group", 2)
    count(app, 0)


def bodies(redis: Redis) -> list[Any]:
    """Return the arguments of the bodies that were sent."""
    sent: Any = redis.lrange("find", 0, -1)
    messages = [json.loads(one) for one in sent]
    assert {one["headers"]["id"] for one in messages} <= {"body"}
    return messages


def failing(app: Xenflow, monkeypatch: pytest.MonkeyPatch, *, at: int, error: RedisError) -> None:
    """Have a command of the backend fail, the n-th, once it was executed."""
    backend: Any = app.backend
    client, seen = backend.client, 0

    def counted(run: Callable[..., Any]) -> Callable[..., Any]:
        def command(*args: Any, **options: Any) -> Any:
            nonlocal seen
            reply = run(*args, **options)
            seen += 1
            if seen == at:
                raise error
            return reply

        return command

    def pipeline(*args: Any, **options: Any) -> Any:
        made = real_pipeline(*args, **options)
        made.execute = counted(made.execute)
        return made

    real_pipeline = client.pipeline
    monkeypatch.setattr(client, "execute_command", counted(client.execute_command))
    monkeypatch.setattr(client, "pipeline", pipeline)


def test_the_last_part_sends_the_body_once(worker: Xenflow, redis: Redis) -> None:
    """However often a part is counted."""
    begin(worker)
    for _ in range(2):
        count(worker, 1)
        count(worker, 0)

    assert len(bodies(redis)) == 1


@pytest.mark.parametrize("error", [Disconnected("reset"), ResponseError("OOM words")], ids=str)
@pytest.mark.parametrize("at", range(1, COMMANDS + 1))
def test_trouble_at_any_step_is_no_end_of_a_chord(
    worker: Xenflow, redis: Redis, monkeypatch: pytest.MonkeyPatch, at: int, error: RedisError
) -> None:
    """The part is given back and counted again; the body is sent, with one id, and not failed."""
    begin(worker)
    with monkeypatch.context() as patch:
        failing(worker, patch, at=at, error=error)
        with pytest.raises((Reject, RedisError)) as met:
            count(worker, 1)
        assert infrastructure.is_trouble(met.value)
    count(worker, 1)  # at once: a claim of the chord that was not released would still be held

    assert bodies(redis)
    assert worker.backend.get_state("body") == states.PENDING
    sent = len(bodies(redis))
    count(worker, 1)
    assert len(bodies(redis)) == sent


def test_a_chord_that_another_worker_joins_is_waited_for(worker: Xenflow, redis: Redis) -> None:
    """It may die before it has sent the body: the part comes again until that is sent."""
    begin(worker)
    backend: Any = worker.backend
    claim = backend.get_key_for_group("group", ".c")
    redis.set(claim, "of another worker", ex=60)

    with pytest.raises(Reject) as given_back:
        count(worker, 1)
    assert infrastructure.is_trouble(given_back.value)
    assert not bodies(redis)

    redis.delete(claim)  # it has expired
    count(worker, 1)
    assert len(bodies(redis)) == 1


@pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")  # Celery's own
@pytest.mark.parametrize("is_saved", [False, True])
def test_a_failed_part_fails_the_body(worker: Xenflow, redis: Redis, *, is_saved: bool) -> None:
    """One that failed of a Redis of its own does so too: that is no trouble of ours.

    Celery saves the results of a chord whose parts are canvases, and raises the error of one.
    """
    error = Disconnected("its own Redis")
    begin(worker)
    if is_saved:
        worker.backend.store_result("part0", "made", states.SUCCESS)
        worker.backend.store_result("part1", error, states.FAILURE)
        parts = [worker.AsyncResult(name) for name in ("part0", "part1")]
        GroupResult("group", parts, app=worker).save()

    count(worker, 1, states.FAILURE, error)

    assert not bodies(redis)
    assert worker.backend.get_state("body") == states.FAILURE


def test_a_body_that_cannot_be_sent_is_sent_by_whoever_counts_next(
    worker: Xenflow, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker is away for longer than a publication is tried."""
    monkeypatch.setattr(connection, "LONGEST", 0.0)
    nobody = f"redis://127.0.0.1:{CLOSED}/0"
    cut_off = application.create(
        worker.settings.model_copy(update={"broker_url": nobody}), for_worker=True
    )
    cut_off.conf.task_publish_retry_policy = {"max_retries": 0}
    begin(worker)

    with pytest.raises(Reject):
        count(cut_off, 1)
    cut_off.close()
    count(worker, 1)

    assert len(bodies(redis)) == 1
