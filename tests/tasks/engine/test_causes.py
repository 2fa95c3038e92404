"""An operation that took too long says what it last waited for."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tasks.engine.execution.execution import Failed, Suspended
from tasks.engine.journal import record_hash
from tasks.engine.journal.record import Phase
from tests.tasks.engine.deliveries import Engine, Worker
from xenserver import errors
from xenserver.values import Value

CLONE = "xenserver.vm.clone"
FIELDS = {"vm": "deb12", "name": "made"}


def away(call: Callable[[], Value]) -> Value:
    raise errors.from_api("XENFLOW_UNREACHABLE", ["http://pool", "connection refused"])


def busy(call: Callable[[], Value]) -> Value:
    raise errors.from_api("OTHER_OPERATION_IN_PROGRESS", ["VM", "deb12"])


def late(engine: Engine, worker: Worker, operation: str = "op") -> Failed:
    """Let the deadline pass, and deliver the message once more."""
    engine.put_back(operation, deadline=1.0, created=61.0)
    end = worker.deliver(CLONE, operation, **FIELDS)
    assert isinstance(end, Failed)
    assert isinstance(end.error, errors.TimedOut)
    assert "took longer than 60 s" in end.error.message
    assert engine.record(operation).failure
    return end


@pytest.mark.parametrize(
    ("method", "trouble", "cause"),
    [
        ("VM.get_by_name_label", away, "http://pool cannot be reached (connection refused)"),
        ("Async.VM.clone", busy, "OTHER_OPERATION_IN_PROGRESS"),
    ],
)
def test_a_deferred_operation_names_the_error_that_deferred_it(
    method: str, trouble: Callable[[Callable[[], Value]], Value], cause: str, engine: Engine
) -> None:
    worker = engine.worker()
    worker.hooks[method] = trouble
    assert isinstance(worker.deliver(CLONE, "op", **FIELDS), Suspended)

    end = late(engine, worker)

    assert cause in end.error.message
    stored = engine.record("op").failure
    assert stored
    assert cause in stored.message
    assert cause in stored.params[2]


def test_an_error_that_has_passed_is_no_cause(engine: Engine) -> None:
    """The call was launched since."""
    worker = engine.worker()
    worker.hooks["VM.get_by_name_label"] = away
    worker.deliver(CLONE, "op", **FIELDS)
    del worker.hooks["VM.get_by_name_label"]
    retry = engine.record("op").retry
    assert retry
    due = record_hash.text(replace(retry, due=1.0))
    engine.redis.hset("xenflow:op:op", "retry", due)
    engine.pool.do("hold")
    assert isinstance(worker.deliver(CLONE, "op", **FIELDS), Suspended)
    assert engine.record("op").phase is Phase.PARKED
    engine.put_back("op", deadline=100.0, created=160.0)

    end = worker.deliver(CLONE, "op", **FIELDS)

    engine.pool.do("release")
    assert isinstance(end, Failed)
    assert "took longer than 60 s" in end.error.message
    assert "connection refused" not in end.error.message


def test_an_operation_in_flight_names_the_trouble_of_its_poller(engine: Engine) -> None:
    worker = engine.worker()
    engine.pool.do("hold")
    worker.deliver(CLONE, "op", **FIELDS)
    worker.runtime.parked.note_error("default", "XenServer hangs", 1.0)
    engine.put_back("op", deadline=100.0, created=160.0)

    end = worker.deliver(CLONE, "op", **FIELDS)

    engine.pool.do("release")
    assert isinstance(end, Failed)
    assert "XenServer hangs" in end.error.message


def test_a_flow_names_what_its_step_waits_for(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = engine.worker()
    monkeypatch.setattr(worker.runtime.publisher, "resume", lambda *_: None)  # the test delivers
    flow = "flow.create_vm_from_configured_template"
    fields = {"template": "deb12", "name": "made"}
    worker.deliver(flow, "flow", **fields)
    worker.hooks["Async.VM.clone"] = busy
    for message in engine.published():
        worker.deliver(message.task, message.id, message.headers, **message.fields)
    engine.put_back("flow", deadline=1.0, created=61.0)

    end = worker.deliver(flow, "flow", **fields)

    assert isinstance(end, Suspended)
    failing = engine.record("flow").failing
    assert failing
    assert "OTHER_OPERATION_IN_PROGRESS" in failing.error.message
    assert CLONE in failing.error.message


def test_the_progress_of_a_call_is_not_that_of_the_next(engine: Engine) -> None:
    """It is unknown again until XenServer has said something."""
    worker = engine.worker()
    worker.deliver(CLONE, "op", **FIELDS)
    engine.redis.hset("xenflow:op:op", "progress", "0.88")
    engine.redis.hdel("xenflow:op:op", "call:0", "task:0", "parked:0")

    worker.deliver(CLONE, "op", **FIELDS)

    assert engine.record("op").point("0").call
    assert engine.record("op").progress is None
