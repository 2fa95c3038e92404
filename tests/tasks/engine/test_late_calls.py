"""Calls that outlive their deadline, vanish, or get stuck: nothing is given up unread."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tasks.engine.execution.cancellation import GRACE
from tasks.engine.execution.execution import Answered, Failed, Ignored, Rejected, Suspended
from tasks.engine.execution.outcomes import STUCK
from tasks.engine.journal.parked import Ended
from tasks.engine.journal.record import CancelRequest, FailingStage, OutcomeStatus
from tests.tasks.engine.deliveries import Engine, Worker
from workers import poller_state
from workers.poller import Poller
from workers.poller_state import STUCK_AFTER, PollerState
from xenserver import errors, events
from xenserver.values import Value

CLONE = "xenserver.vm.clone"
FIELDS = {"vm": "deb12", "name": "made"}
HOUR = 3_600.0


def overdue(engine: Engine, operation: str = "op") -> None:
    """Move a deadline, and the grace after it, into the past."""
    engine.put_back(operation, deadline=GRACE + 1, created=HOUR)


def until_ended(
    engine: Engine, worker: Worker, **fields: object
) -> Answered | Failed | Ignored | Rejected:
    for _ in range(10):
        engine.land()
        engine.carry_out(worker)
        end = worker.deliver(CLONE, "op", **(fields or FIELDS))
        if not isinstance(end, Suspended):
            return end
        engine.redis.hset("xenflow:op:op", "since:0", "1")  # late effects have had their time
    pytest.fail("does not end")


@pytest.mark.parametrize("cancels", [True, False])
def test_a_call_that_outlives_the_deadline_is_undone_when_it_ends(
    engine: Engine, *, cancels: bool
) -> None:
    """Its caller is answered, the run goes on and says so, and in the end nothing is left."""
    worker, before = engine.worker(), engine.names()
    fields: dict[str, Any] = {**FIELDS, "cancel_on_timeout": cancels}
    engine.pool.do("fault", what="deaf", method="VM.clone")
    engine.pool.do("hold")
    worker.deliver(CLONE, "op", **fields)
    overdue(engine)

    end = worker.deliver(CLONE, "op", **fields)

    assert isinstance(end, Suspended)
    assert isinstance(end.early, errors.TimedOut)
    assert "VM.clone is still at work" in end.early.message
    assert engine.record("op").stage is FailingStage.CALLS
    worker.runtime.journal.mark_answered("op")
    again = worker.deliver(CLONE, "op", **fields)
    assert isinstance(again, Suspended)
    assert again.early is None  # once
    engine.pool.do("release")
    assert isinstance(until_ended(engine, worker, **fields), Ignored)
    assert engine.effects("VM.clone") == 1
    assert engine.names() == before


def test_an_end_that_nobody_landed_is_read_before_anything_is_given_up(engine: Engine) -> None:
    """The poller may be down at that moment: the task itself is asked."""
    worker, before = engine.worker(), engine.names()
    worker.deliver(CLONE, "op", **FIELDS)
    while "pending" in {r["status"] for r in engine.see("task.get_all_records").values()}:
        continue
    overdue(engine)

    end = worker.deliver(CLONE, "op", **FIELDS)
    assert isinstance(end, Suspended)
    assert "undoes what it made" in end.reason

    end = until_ended(engine, worker)
    assert isinstance(end, Failed)
    assert "undone: VM made" in end.error.message
    assert engine.names() == before


def test_a_xenserver_that_is_away_is_waited_for_though_the_deadline_is_over(
    engine: Engine,
) -> None:
    """Nobody knows what became of the call; the caller is answered meanwhile."""
    worker, before = engine.worker(), engine.names()
    worker.deliver(CLONE, "op", **FIELDS)
    overdue(engine)

    def away(call: Callable[[], Value]) -> Value:
        raise errors.from_api("XENFLOW_UNREACHABLE", ["url", "connection refused"])

    worker.hooks["task.get_record"] = worker.hooks["task.cancel"] = away
    end = worker.deliver(CLONE, "op", **FIELDS)
    assert isinstance(end, Suspended)
    assert isinstance(end.early, errors.TimedOut)
    worker.runtime.journal.mark_answered("op")

    worker.hooks.clear()
    assert isinstance(until_ended(engine, worker), Ignored)
    assert engine.names() == before


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_swept_subtask_is_no_missing_object(engine: Engine, when: str) -> None:
    """XenServer fails a call by the handle of its own subtask: that says nothing of its effect."""
    worker = engine.worker()
    engine.pool.do("fault", what="sweep", method="VM.clone", when=when)
    worker.deliver(CLONE, "op", **FIELDS)
    if when == "before":
        [ref] = worker.runtime.parked.refs("default")
        while engine.see("task.get_progress", ref) < 1.0:
            continue
        _land_stuck(engine, worker)

    end = until_ended(engine, worker)

    assert isinstance(end, Answered)
    assert engine.names().count("made") == 1
    assert not [name for name in engine.names() if name.startswith("xenflow:")]


def _land_stuck(engine: Engine, worker: Worker) -> None:
    """Land as the poller does that has seen tasks at 100 % for long."""
    records = events.all_tasks(worker.runtime.sessions, engine.target)
    running = [events.task_event(ref, record) for ref, record in records.items()]
    state = PollerState(worker.runtime.settings)
    assert state.stuck(running, now=0.0) == []
    for ref in state.stuck(running, now=STUCK_AFTER):
        worker.runtime.parked.land("default", [Ended(ref, STUCK)])


def test_a_task_that_stays_at_100_percent_though_it_is_done_is_found_out(engine: Engine) -> None:
    """By its effect: nothing is done twice."""
    worker = engine.worker()
    engine.pool.do("fault", what="stall", method="VM.clone", when="after")
    worker.deliver(CLONE, "op", **FIELDS)
    [ref] = worker.runtime.parked.refs("default")
    while engine.see("task.get_progress", ref) < 1.0:
        continue
    _land_stuck(engine, worker)

    end = until_ended(engine, worker)

    assert isinstance(end, Answered)
    assert engine.effects("VM.clone") == 1
    outcome = engine.record("op").point("0").outcome
    assert outcome is not None
    assert outcome.status is OutcomeStatus.SUCCESS


def test_a_task_that_moves_is_not_stuck(engine: Engine) -> None:
    """One that was at 100 % for a moment is not stuck either."""
    state = PollerState(engine.worker().runtime.settings)
    full, half = events.TaskProgress("a", 1.0), events.TaskProgress("b", 0.5)

    assert state.stuck([full, half], now=0.0) == []
    assert state.stuck([full, half], now=STUCK_AFTER - 1) == []
    assert state.stuck([half], now=STUCK_AFTER) == []
    assert state.stuck([full, half], now=STUCK_AFTER + 1) == []


def test_async_tells_of_a_task_that_has_failed_already(engine: Engine) -> None:
    """XenServer does not work on it any more."""
    worker = engine.worker()

    def ended(call: Callable[[], Value]) -> Value:
        ref = call()
        while engine.see("task.get_status", ref) == "pending":
            continue
        return ref

    worker.hooks["Async.VM.start"] = ended
    end = worker.deliver("xenserver.vm.start", "op", vm="web01", run_async=True)

    assert isinstance(end, Failed)
    assert end.error.code == "VM_BAD_POWER_STATE"


def test_who_follows_what_async_began_is_given_the_uuid_of_what_was_made(engine: Engine) -> None:
    worker = engine.worker()
    engine.pool.do("hold")
    accepted = worker.deliver(CLONE, "op", **FIELDS, run_async=True)
    assert isinstance(accepted, Answered)
    engine.pool.do("release")

    answer: Any = accepted.answer
    task = answer["task"]["uuid"]
    worker.deliver("xenserver.task.follow", "follow", task=task)
    engine.land()
    followed = worker.deliver("xenserver.task.follow", "follow", task=task)

    assert isinstance(followed, Answered)
    assert engine.see("VM.get_by_uuid", followed.answer["uuid"])
    assert "OpaqueRef" not in str(followed.answer)


def test_a_cancelled_operation_ends_as_cancelled_though_xenserver_is_away(engine: Engine) -> None:
    """Trouble that would pass is not why it ends: somebody asked for that."""
    worker = engine.worker()
    worker.deliver(CLONE, "op", **FIELDS)
    engine.land()
    worker.runtime.journal.cancel("op", CancelRequest.CANCELLED)

    def away(call: Callable[[], Value]) -> Value:
        raise errors.Unreachable("XENFLOW_NO_ANSWER", ["http://pool"])

    worker.hooks["VM.set_name_label"] = away
    worker.deliver(CLONE, "op", **FIELDS)
    del worker.hooks["VM.set_name_label"]

    ended = until_ended(engine, worker)

    assert isinstance(ended, Failed)
    assert ended.error.code == "XENFLOW_CANCELLED"
    assert "made" not in engine.names()


def test_a_toolstack_that_restarts_just_before_an_operation_parks_is_noticed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The poller has read all tasks anew by then; it does so once more, soon after."""
    monkeypatch.setattr(poller_state, "_states", {})
    monkeypatch.setattr(poller_state, "AFTER_LOGIN", (1e-6,))
    worker = engine.worker()
    monkeypatch.setattr(worker.runtime.publisher, "resume", lambda *_: None)  # the test delivers
    poller = Poller(engine.app, worker.runtime, "default", {"target": "default"})

    def look() -> None:
        poller._read_events(time.monotonic())  # noqa: SLF001 - one turn of its loop

    def restart(call: Callable[[], Value]) -> Value:
        answer = call()
        engine.pool.do("restart_toolstack")
        while not poller._state._readings:  # noqa: SLF001 - until it has noticed
            with suppress(errors.XenflowError):
                look()
        return answer

    look()
    look()
    worker.hooks["Async.VM.clone"] = restart
    assert isinstance(worker.deliver(CLONE, "op", **FIELDS), Suspended)
    assert worker.runtime.parked.refs("default")

    look()

    outcome = engine.record("op").point("0").outcome
    assert outcome
    assert outcome.status is OutcomeStatus.VANISHED
