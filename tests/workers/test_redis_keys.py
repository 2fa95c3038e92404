"""A key of xenflow's that somebody else has written to is named, and stops nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import states
from celery.app.trace import build_tracer
from celery.worker import state as worker_state
from redis import Redis
from redis._parsers.base import BaseParser  # how the client makes an error of a reply
from redis.client import Pipeline

from config.redis_replies import ReplyError
from tasks.engine import infrastructure
from tasks.engine.journal.entry import Entry, Place
from tasks.engine.journal.record import CancelRequest, Record
from workers import poller
from workers.app import Xenflow
from workers.broker.connection import RetryingAMQP
from workers.doctor import examine, operations, redis_keys, redis_server
from workers.doctor.context import Context
from workers.maintenance_timer import MaintenanceTimer
from workers.metrics.exporter import text as exposition
from workers.metrics.readings import Source
from workers.process_records import ProcessRecords, ProcessRecordStep
from workers.reconciler.reconcile import reconcile
from workers.run_reader import Runs
from workers.watchdog import Queues, Watch

pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

START = "xenserver.vm.start"
CHECKED = (redis_server.check, redis_keys.check, operations.check)


@pytest.fixture(autouse=True)
def _trouble_costs_no_pause(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(infrastructure, "PAUSE", (0.0, 0.0))
    monkeypatch.setattr(infrastructure, "LONGEST", 0.0)
    yield
    worker_state.revoked.clear()


def claim(app: Xenflow, operation: str) -> Entry:
    first = Record(name=START, queue="change")
    return app.runtime.journal.claim(operation, Place(root=operation), first, timeout=60)


def damage(app: Xenflow, key: str) -> None:
    """Overwrite a key, as another program may."""
    app.runtime.journal.redis.set(key, "x")


def deliver(app: Xenflow, **fields: Any) -> Any:
    """Deliver a message as a worker does; return what Celery's tracer does."""
    request = {"id": "op", "root_id": "op", "task": START}
    return build_tracer(START, app.tasks[START], app=app)("op", [], fields, request)


def test_an_operation_whose_entry_is_something_else_fails_by_a_name(worker: Xenflow) -> None:
    """No message of it can be claimed; the failure names the key, and the command to look with."""
    damage(worker, worker.runtime.journal.keys.entry("op"))

    deliver(worker, vm="web01")

    found = worker.backend.get_task_meta("op", cache=False)
    assert found["status"] == states.FAILURE
    assert found["result"].code == "XENFLOW_JOURNAL_KEY"
    assert "redis-cli type xenflow:op:op" in str(found["result"])


@pytest.mark.parametrize("key", ["due", "landing", "runs", "deliveries", "open"])
def test_a_key_of_all_operations_that_is_something_else_is_waited_for(
    worker: Xenflow, key: str
) -> None:
    """The message comes again: an operator has to set it right."""
    damage(worker, f"xenflow:{key}")

    [result, *_] = deliver(worker, vm="web01")

    assert "Reject" in str(result)
    assert worker.backend.get_task_meta("op", cache=False)["status"] == states.PENDING


def test_a_queue_that_is_something_else_is_waited_for(
    worker: Xenflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever publishes to it gives its own message back, once it has tried for a while."""
    monkeypatch.setattr("workers.broker.connection.LONGEST", 0.0)
    assert isinstance(worker.amqp, RetryingAMQP)
    damage(worker, "change")

    with pytest.raises(infrastructure.POSSIBLE) as caught:
        worker.send_task(START, kwargs={"vm": "web01"}, queue="change")

    assert infrastructure.is_trouble(caught.value)


def test_the_revocation_of_an_operation_whose_entry_is_something_else_stops_no_other(
    worker: Xenflow,
) -> None:
    """The timer cancels all others, and goes on to what it does besides."""
    claim(worker, "good")
    damage(worker, worker.runtime.journal.keys.entry("bad"))
    worker_state.revoked.update(["bad", "good"])
    timer = MaintenanceTimer(type("Consumer", (), {"app": worker}))

    timer._tick(worker.runtime)  # noqa: SLF001 - what Celery's timer calls

    known = worker.runtime.journal.read("good")
    assert known
    assert known.cancel is CancelRequest.REVOKED
    assert worker.runtime.journal.redis.exists("xenflow:reconciled")


def test_runs_are_read_without_an_entry_that_is_something_else(worker: Xenflow) -> None:
    for operation in ("good", "bad"):
        claim(worker, operation)
    damage(worker, worker.runtime.journal.keys.entry("bad"))

    assert [run.id for run in Runs(worker.runtime.journal).latest(10)] == ["good"]


REPLIES = [
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    "NOPERM User limited has no permissions to run the 'get' command",
    "MISCONF Valkey is configured to save RDB snapshots",
    "BUSY Valkey is busy running a script.",
    "CLUSTERDOWN Hash slot not served",
    "MOVED 3999 127.0.0.1:6381",
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "ERR unknown command 'BLMOVE', with args beginning with: 'q'",
]


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.split()[0])
def test_what_runs_beside_operations_names_an_error_reply_or_outlives_it(
    worker: Xenflow, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    """Timer, records, watchdog and metrics go on; tasks and readers raise it in words."""
    runtime = worker.runtime
    timer = MaintenanceTimer(type("Consumer", (), {"app": worker}))
    watch = Watch(Queues(runtime.journal.redis, ["change"], "probe"), worker.activity, 4, 60.0)
    source = Source(worker, runtime.journal, {}, runtime.journal.lease_ms)
    error: Exception = BaseParser.parse_error(reply)  # type: ignore[no-untyped-call]  # it has none

    def answer(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(Redis, "execute_command", answer)
    monkeypatch.setattr(Pipeline, "execute", answer)

    timer._tick(runtime)  # noqa: SLF001 - what Celery's timer calls
    ProcessRecordStep._write(ProcessRecords(runtime.journal.redis, "xenflow"), "x")  # noqa: SLF001 - likewise
    watch.look()
    assert exposition(source)
    context = Context(worker.settings, worker, runtime.journal)
    assert all("XENFLOW_REDIS_REPLY" in one.text for one in examine(context, CHECKED))
    for run in (
        lambda: poller._follow(worker, "lab", {}),  # noqa: SLF001 - what the poller's task does
        lambda: reconcile(runtime, {}),
        lambda: Runs(runtime.journal).latest(10),
        lambda: runtime.journal.cancel("op", CancelRequest.CANCELLED),
    ):
        with pytest.raises(ReplyError, match="XENFLOW_REDIS_REPLY"):
            run()


def test_the_doctor_names_keys_that_are_something_else(worker: Xenflow) -> None:
    """Of the journal and of the messages, with the command to look with."""
    claim(worker, "good")
    wrong = {"xenflow:op:bad", "xenflow:due", "change", "unacked"}
    for key in wrong:
        damage(worker, key)
    context = Context(worker.settings, worker, worker.runtime.journal)

    found = {finding.text.split()[2]: finding.cure for finding in redis_keys.check(context)}

    assert found.keys() == wrong
    assert "redis-cli type xenflow:due" in found["xenflow:due"]
