"""Trouble of our own infrastructure is never the end of an operation."""

import errno
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from celery.exceptions import Reject
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import BusyLoadingError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import ConnectionError as Disconnected

from tasks.engine import infrastructure
from tasks.engine.execution.execution import Answered, Rejected, Suspended
from tasks.engine.journal import json_values
from tests.tasks.engine.deliveries import Engine, Worker
from xenserver import errors
from xenserver.values import Value

CLONE = "xenserver.vm.clone"
SR = "NFS virtual disk storage"
FIELDS = {"vm": "deb12", "name": "made"}


def caused(cause: Exception) -> OperationalError:
    """Return what kombu raises because of another error."""
    error = OperationalError(f"because of {cause!r}")
    error.__cause__ = cause
    return error


TROUBLES = [
    Disconnected("reset"),
    ReadOnlyError("READONLY You can't write against a read only replica."),
    BusyLoadingError("LOADING Redis is loading the dataset in memory"),
    *(
        ResponseError(f"{code} words")
        for code in ("OOM", "BUSY", "NOREPLICAS", "MISCONF", "MASTERDOWN", "CLUSTERDOWN")
    ),
    OperationalError("no broker"),
    caused(OSError("no route to host")),
    caused(ResponseError("OOM words")),
    caused(IndexError("no more sentinels")),
    MemoryError(),
    OSError(errno.ENOSPC, "No space left on device"),
    RuntimeError("cannot schedule new futures after interpreter shutdown"),
    RuntimeError("can't start new thread"),
    AttributeError("'NoneType' object has no attribute 'client'", name="client", obj=None),
    Reject("passed on", requeue=True),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_what_passes_is_trouble(trouble: Exception) -> None:
    assert isinstance(trouble, infrastructure.POSSIBLE)
    assert infrastructure.is_trouble(trouble)


def test_a_script_that_an_operator_kills_is_trouble(redis: Redis) -> None:
    """Somebody stops whatever script makes it busy, and that may be one of ours."""
    redis.config_set("busy-reply-threshold", "20")
    killed = Thread(target=_kill, args=(redis,))
    killed.start()

    with pytest.raises(ResponseError) as caught:
        redis.eval("while true do redis.call('GET', 'x') end", 0)
    killed.join()
    redis.config_set("busy-reply-threshold", "5000")

    assert infrastructure.is_trouble(caught.value)


def _kill(redis: Redis) -> None:
    while True:
        with suppress(ResponseError):  # NOTBUSY: it has yet to begin
            redis.script_kill()
            return


def test_a_user_of_redis_who_lacks_a_right_is_trouble(redis: Redis) -> None:
    """It lasts until an operator has corrected the rights."""
    redis.acl_setuser(
        "limited", enabled=True, nopass=True, keys=["*"], categories=["+@all"], commands=["-get"]
    )
    redis.auth("any", "limited")

    for command in (lambda: redis.get("x"), lambda: redis.eval("return redis.call('GET', 'x')", 0)):
        with pytest.raises(ResponseError) as caught:
            command()
        assert infrastructure.is_trouble(caught.value)


@pytest.mark.parametrize(
    "defect",
    [
        ResponseError("ERR wrong number of arguments"),
        ResponseError("WRONGTYPE Operation against a key"),
        AttributeError("'str' object has no attribute 'clinet'", name="clinet", obj="x"),
        OSError(errno.ENOENT, "No such file"),
        RuntimeError("generator raised StopIteration"),
        Reject("put aside", requeue=False),
        ValueError("no number"),
        caused(KeyError("a compression that nobody knows")),
        caused(ResponseError("WRONGTYPE Operation against a key")),
    ],
    ids=str,
)
def test_a_defect_is_no_trouble(defect: Exception) -> None:
    """It would come again each time."""
    assert not infrastructure.is_trouble(defect)


def writes(engine: Engine, worker: Worker) -> int:
    """Count the scripts that one operation runs, from its claim to its answer."""
    run = _counting(worker, fail_at=-1, error=Disconnected("reset"))
    worker.deliver(CLONE, "first", **FIELDS)
    engine.land()
    assert isinstance(worker.deliver(CLONE, "first", **FIELDS), Answered)
    return run()


def _counting(worker: Worker, *, fail_at: int, error: RedisError) -> Callable[[], int]:
    """Make the n-th script of a worker fail after it was run; return their counter."""
    seen = 0

    def counted(run: Callable[..., object]) -> Callable[..., object]:
        def script(*args: object) -> object:
            nonlocal seen
            seen += 1
            answer = run(*args)
            if seen == fail_at:
                raise error
            return answer

        return script

    runtime = worker.runtime
    for holder in (runtime.journal, runtime.parked, runtime.call_limit):
        scripts = vars(holder)["_scripts"]
        scripts.run = counted(scripts.run)
    return lambda: seen


@pytest.mark.parametrize("error", [Disconnected("reset"), ResponseError("OOM words")], ids=str)
def test_an_error_of_redis_at_any_step_ends_nothing(engine: Engine, error: RedisError) -> None:
    """Whether the step was done or not: the message comes again, and there is one effect."""
    steps = writes(engine, engine.worker())
    assert steps >= 4
    for step in range(1, steps + 1):
        operation, fields = f"op{step}", {"vm": "deb12", "name": f"made{step}"}
        struck, worker = engine.worker(), engine.worker()
        _counting(struck, fail_at=step, error=error)
        try:
            struck.deliver(CLONE, operation, **fields)
            engine.land()
            struck.deliver(CLONE, operation, **fields)
        except RedisError:
            assert engine.record(operation).failure is None
            engine.lapse(operation)

        _until_answered(engine, worker, operation, fields)

        assert engine.names().count(f"made{step}") == 1
        assert not [name for name in engine.names() if name.startswith("xenflow:")]
    engine.carry_out(engine.worker())
    assert engine.effects("VM.clone") == steps + 1


def _until_answered(
    engine: Engine, worker: Worker, operation: str, fields: dict[str, str]
) -> Answered:
    for _ in range(5):
        engine.land()
        end = worker.deliver(CLONE, operation, **fields)
        if isinstance(end, Answered):
            return end
    pytest.fail(f"{operation} is not answered")


def test_a_xenserver_that_answered_badly_before_and_after_a_long_queue_is_not_given_up(
    engine: Engine,
) -> None:
    """Two answers were lost, minutes apart: nobody asked in between."""
    worker, journal = engine.worker(), engine.worker().runtime.journal

    def lose(call: Callable[[], Value]) -> Value:
        raise errors.Unreachable("XENFLOW_ANSWER_LOST", ["http://pool"])

    worker.hooks["VM.get_by_name_label"] = lose
    assert isinstance(worker.deliver(CLONE, "op", **FIELDS), Suspended)
    known = engine.record("op").retry
    assert known is not None
    long_ago = replace(known, since=known.since - 300, due=known.due - 300)
    engine.redis.hset(journal.keys.entry("op"), "retry", json_values.encode(long_ago))

    assert isinstance(worker.deliver(CLONE, "op", **FIELDS), Suspended)


@pytest.mark.parametrize(
    "again",
    [
        {"name": "disk", "sr": SR, "size": "1024 MiB"},
        {"name": "disk", "sr": SR, "size": 1 << 30},
        {"name": "disk", "sr": SR, "size": "1GiB", "repeatFailed": True},
    ],
)
def test_a_request_is_what_is_read_of_it(engine: Engine, again: dict[str, Any]) -> None:
    """Other words for the same are not refused under its id."""
    worker = engine.worker()
    worker.deliver("xenserver.vdi.create", "op", name="disk", sr=SR, size="1 GiB")

    end = worker.deliver("xenserver.vdi.create", "op", **again)

    assert not isinstance(end, Rejected)
    assert engine.record("op").refusals == 0


def test_a_failed_id_runs_again_on_request(engine: Engine) -> None:
    """`order-4711-start` failed because the VM ran; it is halted, and the same id is sent again."""
    worker = engine.worker()
    first = worker.deliver("xenserver.vm.start", "op", vm="web01")
    engine.land()
    worker.deliver("xenserver.vm.start", "op", vm="web01")
    assert engine.record("op").failure is not None, first

    engine.see("VM.hard_shutdown", *engine.see("VM.get_by_name_label", "web01"))
    worker.deliver("xenserver.vm.start", "op", vm="web01")
    assert engine.record("op").failure is not None  # the same failure, unless it is asked for

    again = {"vm": "web01", "repeat_failed": True}
    worker.deliver("xenserver.vm.start", "op", tag="second", **again)
    engine.land()
    end = worker.deliver("xenserver.vm.start", "op", tag="second", **again)
    assert isinstance(end, Answered)
    assert engine.effects("VM.start") == 1
