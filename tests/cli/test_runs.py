"""Runs are listed by state, name, target, object and time, and failed ones run again."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import yaml
from redis import Redis

from cli import run_filters, run_following
from cli.exit_codes import CommandFailed
from config.settings import Settings
from tasks.engine.journal.entry import Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.record import Record
from tests.cli.conftest import Run
from workers.local_stack import valkey_server

FAILURE = {"type": "Missing", "code": "XENFLOW_NO_SUCH_OBJECT", "params": [], "message": "no VM"}
CANCELLED = {
    "type": "Cancelled",
    "code": "XENFLOW_CANCELLED",
    "params": ["xenserver.vm.copy"],
    "message": "xenserver.vm.copy was cancelled; undone: VM web03",
    "undone": [{"class": "VM", "uuid": "u-3", "name": "web03"}],
}
TIMED_OUT = {
    "type": "TimedOut",
    "code": "XENFLOW_TIMED_OUT",
    "params": ["flow.start_vms", "60"],
    "message": "flow.start_vms did not end within 60 s",
}
HOUR = 3600.0

Write = Callable[..., None]
Listed = Callable[..., list[str]]


@pytest.fixture
def write(redis: Redis) -> Write:
    """Write a run of one operation into the journal."""
    journal = Journal(redis, Keys(Settings().key_prefix), lease=10.0, keep=7 * 86400)

    def do(
        run: str, name: str, *, ago: float = 0.0, target: str = "lab", root: str = "", **fields: Any
    ) -> None:
        first = Record(name=name, target=target, root=root or run)
        journal.claim(run, Place(root or run), first, timeout=60.0)
        texts: dict[Any, Any] = {
            key: v if isinstance(v, str) else json.dumps(v) for key, v in fields.items()
        }
        created = time.time() - ago
        redis.hset(journal.keys.entry(run), mapping={"created": str(created), **texts})
        redis.zadd(journal.keys.runs, {root or run: created})

    return do


@pytest.fixture
def listed(run: Run, valkey: valkey_server.Valkey, write: Write) -> Listed:
    """Return the ids that `xenflow runs` lists."""
    ended = {"phase": "ended", "ended": "9"}
    write("started", "xenserver.vm.start", inputs={"vm": "web01"}, answer={"uuid": "u-1"}, **ended)
    write("failed", "xenserver.vm.start", inputs={"vm": "web02"}, failure=FAILURE, **ended)
    write("old", "xenserver.vm.clone", ago=3 * HOUR, answer={"name_label": "web01"}, **ended)
    write("open", "flow.create_vm", ago=HOUR / 2, phase="parked", inputs={"disks": [{"sr": "s-1"}]})
    write("cancelled", "xenserver.vdi.copy", ago=9 * HOUR, failure=CANCELLED, **ended)
    write("timed", "flow.start_vms", ago=20 * HOUR, failure=TIMED_OUT, **ended)
    write("other", "xenserver.network.create", target="default", answer={}, **ended)

    def do(*words: str) -> list[str]:
        reply = run("runs", "--json", *words, XENFLOW_REDIS_URL=valkey.url)
        assert reply.code == 0, reply.err
        return sorted(one["id"] for one in json.loads(reply.out)["runs"])

    return do


@pytest.fixture
def among_runs(
    listed: Listed, run: Run, valkey: valkey_server.Valkey, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run a command where those runs are; none of them goes on."""
    assert listed()
    monkeypatch.setattr(run_following, "QUIET", 0.0)
    return partial(run, XENFLOW_REDIS_URL=valkey.url)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), "cancelled failed old open other started timed"),
        (("--state", "failed"), "failed"),
        (("--state", "OPEN", "--state", "failed"), "failed open"),
        (("--state", "cancelled"), "cancelled"),
        (("--state", "timed_out"), "timed"),
        (("--state", "undone"), "cancelled"),
        (("--name", "vm.start"), "failed started"),
        (("--name", "xenserver.vm.*"), "failed old started"),
        (("--name", "vm.c*"), "old"),
        (("--name", "create-vm"), "open"),
        (("--name", "create"), "open other"),
        (("--target", "default"), "other"),
        (("--object", "web01"), "old started"),
        (("--object", "u-1"), "started"),
        (("--object", "s-1"), "open"),
        (("--object", "web"), ""),
        (("--since", "1h"), "failed open other started"),
        (("--since", "4h", "--until", "1h"), "old"),
        (
            ("--state", "succeeded", "--name", "vm.*", "--object", "web01", "--since", "1h"),
            "started",
        ),
        (("--state", "failed", "--target", "default"), ""),
    ],
)
def test_runs_are_filtered(words: tuple[str, ...], found: str, listed: Listed) -> None:
    """Every filter that is given must match."""
    assert listed(*words) == found.split()


def test_the_error_of_a_row_names_its_operation(
    run: Run, valkey: valkey_server.Valkey, write: Write
) -> None:
    """The parts and the body of a chord of one's own are one run; here the body has failed."""
    ended = {"phase": "ended", "ended": "9"}
    write("part", "xenserver.vm.clone", ago=2.0, answer={"uuid": "u-1"}, **ended)
    write("body", "flow.start_vms", root="part", failure=FAILURE, **ended)

    reply = run("runs", XENFLOW_REDIS_URL=valkey.url)

    [row] = [line for line in reply.out.splitlines() if line.startswith("part")]
    assert "xenserver.vm.clone" in row
    assert row.endswith("flow.start_vms failed: no VM")


def test_as_many_as_match_are_listed(listed: Listed) -> None:
    """`--limit` counts runs that match, not runs that were looked at."""
    assert listed("--limit", "1", "--state", "open") == ["open"]
    assert len(listed("--limit", "2")) == len(listed("--most", "2")) == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5d", 129_600), ("1W", 604_800)],
)
def test_an_age_is_a_moment(text: str, seconds: float) -> None:
    """It is counted back from now."""
    assert run_filters.moment(text) == pytest.approx(time.time() - seconds, abs=60)


def test_a_date_is_a_moment() -> None:
    first, last = run_filters.moment("2026-11-26"), run_filters.moment("2026-11-26", is_end=True)

    assert last - first == 86_400
    assert time.localtime(first)[:5] == (2026, 11, 26, 0, 0)
    assert run_filters.moment("2026-11-26T10:30:00+00:00") == 1_795_689_000


def test_a_time_is_one_of_today() -> None:
    """It is read by the clock on the wall."""
    assert time.localtime(run_filters.moment("00:30"))[:5] == (*time.localtime()[:3], 0, 30)


@pytest.mark.parametrize("text", ["yesterday", "", "25:00", "2026-13-01", "-1h", "h", "12"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """The error lists the forms that are understood."""
    with pytest.raises(CommandFailed, match="is not a time: write an age such as 30m"):
        run_filters.moment(text)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("retry", "started"), "only what has failed is retried"),
        (("retry", "open"), "only what has failed is retried"),
        (("show", "ope"), "no run 'ope' is known: give at least 4 characters of its id"),
        (("retry", "nosuch"), "no run 'nosuch' is known"),
        (("runs", "--state", "broken"), "'broken' is not one of"),
        (("runs", "--limit", "0"), "must be at least 1"),
    ],
)
def test_what_cannot_be_done_is_explained(
    words: tuple[str, ...], message: str, listed: Listed, run: Run, valkey: valkey_server.Valkey
) -> None:
    """The command fails, and the next step is named."""
    assert listed()

    reply = run(*words, XENFLOW_REDIS_URL=valkey.url)

    assert reply.code in {1, 2}
    assert message in reply.err
    assert "Next: " in reply.err


@pytest.mark.parametrize(
    ("one", "code", "error", "next_step"),
    [
        ("failed", 1, "xenserver.vm.start failed: no VM", "check the name and the target"),
        ("timed", 4, "flow.start_vms did not end within 60 s", "allow more by --timeout"),
    ],
)
def test_watching_a_failed_run_ends_with_its_error(
    one: str, code: int, error: str, next_step: str, among_runs: Run
) -> None:
    """Programs read the whole run on standard output."""
    reply = among_runs("watch", one, "--json")

    assert reply.code == code
    assert reply.err.startswith(f"xenflow: {error}\nNext: ")
    assert next_step in reply.err
    assert f"xenflow show {one}" in reply.err
    assert json.loads(reply.out)["id"] == one


@pytest.mark.parametrize("chosen", ["json", "jsonl", "yaml"])
@pytest.mark.parametrize(
    "words",
    [
        "runs",
        "show failed",
        "watch failed",
        "watch started",
        "retry failed --dry-run",
        "vm start --vm web01 --dry-run",
        "cancel failed",
        "catalogue",
        "describe vm.start",
        "dead-letters",
        "metrics",
        "targets",
        "sweep --dry-run",
    ],
)
def test_every_document_is_printed_in_every_format(
    words: str, chosen: str, among_runs: Run
) -> None:
    """YAML holds what JSON holds."""
    reply = among_runs(*words.split(), "--output", chosen)

    assert "this is a defect" not in reply.err
    documents = list(map(yaml.safe_load, _documents(reply.out, chosen)))
    assert all(isinstance(one, dict) for one in documents)
    assert documents or chosen == "jsonl"  # an empty list has no line


def _documents(text: str, chosen: str) -> list[str]:
    return text.splitlines() if chosen == "jsonl" else [text]


def test_a_failed_run_is_retried_with_its_inputs(
    listed: Listed, run: Run, valkey: valkey_server.Valkey
) -> None:
    """`--dry-run` prints the message that would be sent."""
    assert listed()

    reply = run("retry", "failed", "--dry-run", "--json", XENFLOW_REDIS_URL=valkey.url)

    assert json.loads(reply.out) == {
        "name": "xenserver.vm.start",
        "queue": "change",
        "kwargs": {"vm": "web02"},
    }


def test_a_step_that_was_fed_is_not_retried_alone(
    write: Write, run: Run, valkey: valkey_server.Valkey
) -> None:
    """What it was fed is not in the record."""
    inputs = {"feed": {"vm": "uuid"}}
    write("fed", "xenserver.vm.start", inputs=inputs, failure=FAILURE, ended="9", phase="ended")

    reply = run("retry", "fed", XENFLOW_REDIS_URL=valkey.url)

    assert reply.code == 2
    assert "was fed by the step before it" in reply.err


@pytest.mark.parametrize(
    ("inputs", "next_step"),
    [({"vm": "web01"}, "xenflow retry second"), ({"feed": {"vm": "uuid"}}, "xenflow show first")],
)
def test_a_canvas_of_another_program_is_not_retried_as_a_whole(
    inputs: dict[str, Any], next_step: str, write: Write, run: Run, valkey: valkey_server.Valkey
) -> None:
    """Its id is that of its first step, which succeeded; what can run alone is named."""
    ended = {"phase": "ended", "ended": "9"}
    write("first", "xenserver.vm.clone", answer={"uuid": "u-1"}, **ended)
    write("second", "xenserver.vm.start", root="first", inputs=inputs, failure=FAILURE, **ended)

    reply = run("retry", "first", XENFLOW_REDIS_URL=valkey.url)

    assert reply.code == 2
    assert "a chain or group of another program, with 2 operations" in reply.err
    assert next_step in reply.err


def test_a_password_is_not_retried(write: Write, run: Run, valkey: valkey_server.Valkey) -> None:
    """The record does not have it: it is given again."""
    inputs = {"vm": "web01", "hostname": "xs1", "username": "root", "password": "*****"}
    write("host", "xenserver.vm.start", inputs=inputs, failure=FAILURE, ended="9", phase="ended")

    reply = run("retry", "host", XENFLOW_REDIS_URL=valkey.url)

    assert reply.code == 2
    assert "--password-stdin" in reply.err
