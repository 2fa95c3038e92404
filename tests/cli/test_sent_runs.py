"""A message that was sent, and that no worker has begun with, is a run for every command."""

import json
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from celery import Celery, states
from celery.app.trace import build_tracer
from kombu.transport import redis as stock
from redis import Redis

from cli import run_following, run_lookup, sent_runs
from config import queues
from tasks.engine.journal.journal import LONGEST_WAIT
from tests.cli.conftest import Run
from workers import run_record
from workers.app import Xenflow
from workers.local_stack.valkey_server import Valkey

pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

START = "xenserver.vm.start"


class Clock:
    """The time that a watch has, in which something happens while it pauses first."""

    def __init__(self, happen: Callable[[], object]) -> None:
        self._happen = [happen]
        self._now = 0.0

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self._now

    def sleep(self, _seconds: float) -> None:
        """Let it happen, and time pass."""
        self._now += run_following.QUIET
        if self._happen:
            self._happen.pop()()


@pytest.fixture
def xenflow(run: Run, valkey: Valkey, redis: Redis) -> Run:
    """Run a command on a Redis of which no worker takes anything."""
    assert redis.ping()
    return partial(run, XENFLOW_REDIS_URL=valkey.url)


@pytest.fixture
def foreign(valkey: Valkey, redis: Redis) -> Celery:
    """Return the application of another service, which has nothing of ours."""
    assert redis.ping()
    return Celery("foreign", broker=valkey.url, backend=valkey.url, set_as_current=False)


def sent(xenflow: Run, *words: str) -> str:
    """Send a message, and wait for nothing; return its id."""
    ended = xenflow("vm", "start", *(words or ("web01",)), "--no-wait")
    assert ended.code == 0, ended.err
    return ended.out.strip()


def take(redis: Redis) -> None:
    """Take a message as a worker does that is then stopped: it is noted as unacknowledged."""
    item = redis.rpop("change")
    assert isinstance(item, bytes)
    redis.hset("unacked", "tag", f'[{item.decode()},"","change"]')


def delay(redis: Redis) -> None:
    """Put a message aside that is not due yet, as a worker does."""
    item = redis.rpop("change")
    assert isinstance(item, bytes)
    redis.zadd("xenflow:delayed", {b"change\n" + item: 9e9})


def leave(_redis: Redis) -> None:
    """Leave the message where it is."""


def urgent(redis: Redis) -> None:
    """Move a message to a list of another priority."""
    redis.rename("change", "change\x06\x169")


WHERE = [leave, take, delay, urgent]


def test_lists_of_priorities_are_named_as_kombu_names_them() -> None:
    channel: Any = stock.Channel.__new__(stock.Channel)

    names = [queues.list_name("change", step) for step in sent_runs.PRIORITIES]

    assert names == [channel._q_for_pri("change", step) for step in stock.PRIORITY_STEPS]  # noqa: SLF001 - kombu's own names of lists


@pytest.mark.parametrize("where", WHERE)
def test_a_message_that_waits_is_shown(
    where: Callable[[Redis], None], xenflow: Run, redis: Redis
) -> None:
    """By its id and by the beginning of it, wherever the broker keeps it."""
    id_ = sent(xenflow)
    where(redis)

    for words in (id_, id_[:8]):
        shown = xenflow("show", words)
        assert shown.code == 0, shown.err
        assert START in shown.out
        assert "vm=web01" in shown.out
        assert "no worker has taken it" in shown.out
    [step] = json.loads(xenflow("show", id_, "--json").out)["steps"]
    assert (step["id"], step["state"], step["created"]) == (id_, "sent", None)
    assert step["inputs"]["vm"] == "web01"


def test_runs_lists_what_waits_before_what_has_begun(xenflow: Run, worker: Xenflow) -> None:
    begun, waits = (sent(xenflow) for _ in range(2))
    deliver(worker, begun)

    listed = json.loads(xenflow("runs", "--json").out)["runs"]

    assert [(one["id"], one["state"]) for one in listed] == [(waits, "sent"), (begun, "failed")]
    assert waits[:8] in xenflow("runs", COLUMNS="60").out.splitlines()[1]


def test_a_run_that_begins_while_runs_are_read_is_listed_once(
    xenflow: Run, worker: Xenflow
) -> None:
    """It is looked for among the messages first, and then in the journal."""
    id_ = sent(xenflow)

    def begin(run: run_record.Run) -> bool:
        if run.state == "sent":
            deliver(worker, run.id)
        return True

    found = run_lookup.latest(worker.runtime.journal, 2, matches=begin)

    assert [(run.id, run.state) for run in found] == [(id_, "failed")]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--state", "sent"), 1),
        (("--state", "open"), 1),
        (("--state", "failed"), 0),
        (("--name", "vm.start"), 1),
        (("--object", "web01"), 1),
        (("--target", "other"), 0),
        (("--since", "1h"), 1),
        (("--until", "1h"), 0),
        (("--limit", "1"), 1),
    ],
)
def test_what_waits_is_filtered_as_other_runs(
    words: tuple[str, ...], found: int, xenflow: Run
) -> None:
    id_ = sent(xenflow)

    listed = json.loads(xenflow("runs", "--json", *words).out)["runs"]

    assert [one["id"] for one in listed] == [id_] * found


def test_a_group_of_another_service_is_one_run(foreign: Celery, xenflow: Run) -> None:
    """Its messages have one root; a password among its fields is not shown."""
    fields = {"password": "hunter2", "hostname": "xs1"}
    first, _ = (
        foreign.send_task(
            START, kwargs={"vm": vm, **fields}, queue="change", root_id="root-of-it"
        ).id
        for vm in ("web01", "web02")
    )

    shown = xenflow("show", first)

    assert [word for word in shown.out.split() if word.startswith("vm=")] == [
        "vm=web01",
        "vm=web02",
    ]
    assert "hunter2" not in shown.out + xenflow("show", first, "--json").out
    [listed] = json.loads(xenflow("runs", "--json").out)["runs"]
    assert listed["id"] == "root-of-it"


def test_what_is_no_message_does_not_hide_one(xenflow: Run, redis: Redis) -> None:
    """Anyone may write into a queue."""
    id_ = sent(xenflow)
    for junk in (b"\xff\x00", b"[]", b'{"headers": {"id": 7}}', b'{"headers": {"id": "lost"}}'):
        redis.lpush("change", junk)
    redis.set("find", "no list")

    assert xenflow("show", id_).code == 0
    assert id_ in [one["id"] for one in json.loads(xenflow("runs", "--json").out)["runs"]]


def deliver(worker: Xenflow, id_: str) -> Any:
    """Deliver a message as a worker does."""
    request = {"id": id_, "root_id": id_, "task": START}
    return build_tracer(START, worker.tasks[START], app=worker)(id_, [], {"vm": "web01"}, request)


def test_a_message_that_was_cancelled_before_it_began_ends_as_cancelled(
    xenflow: Run, worker: Xenflow
) -> None:
    """The worker that takes it reaches no XenServer: there is none here."""
    id_ = sent(xenflow)

    cancelled = xenflow("cancel", id_)
    again = xenflow("cancel", id_)
    shown = xenflow("show", id_)
    deliver(worker, id_)

    assert cancelled.code == 0
    assert "before it began" in cancelled.out
    assert again.code == 0
    assert "is cancelled" in shown.out
    found = worker.backend.get_task_meta(id_, cache=False)
    assert found["status"] == states.FAILURE
    assert found["result"].code == "XENFLOW_CANCELLED"
    assert json.loads(xenflow("show", id_, "--json").out)["state"] == "cancelled"


def test_the_cancellation_of_a_message_that_waits_expires(
    xenflow: Run, worker: Xenflow, redis: Redis
) -> None:
    """It is kept for longer than a message waits."""
    id_ = sent(xenflow)

    xenflow("cancel", id_)

    kept = redis.ttl(worker.runtime.journal.keys.entry(id_))
    assert worker.settings.run_expires < kept <= worker.settings.run_expires + LONGEST_WAIT
    assert not worker.runtime.journal.knows(id_)


@pytest.mark.parametrize("command", ["show", "watch", "cancel"])
def test_an_id_that_nobody_sent_is_not_known(command: str, xenflow: Run, redis: Redis) -> None:
    sent(xenflow)

    ended = xenflow(command, "5a16aaaa-0000-4000-8000-000000000000")

    assert ended.code == 1
    assert "no run" in ended.err
    assert redis.keys("xenflow:op:*") == []


def test_watch_waits_for_a_message_that_no_worker_has_taken(
    xenflow: Run, worker: Xenflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and follows the run once it has begun."""
    id_ = sent(xenflow)
    monkeypatch.setattr(run_following, "time", Clock(lambda: deliver(worker, id_)))

    ended = xenflow("watch", id_)

    assert "no worker has taken it" in ended.err
    assert "no target" in ended.err
    assert ended.code == 1


def test_a_watch_of_a_message_that_waits_can_be_interrupted(
    xenflow: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = sent(xenflow)
    interrupt = Clock(lambda: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr(run_following, "time", interrupt)

    ended = xenflow("watch", id_)

    assert ended.code == 130
    assert f"xenflow cancel {id_}" in ended.err
