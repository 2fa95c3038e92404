"""`xenflow targets`: what is known of each target, and what is not."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from config.settings import Settings
from simulator import server
from tasks.engine.journal.entry import Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.record import Failure, Record
from tests.cli.conftest import Run
from workers.local_stack.valkey_server import Valkey

Ended = Callable[[str, str, str], None]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of two targets, of which one has two addresses."""
    path = tmp_path / "targets.toml"
    path.write_text(
        '[default]\nurl = "http://pool"\nuser = "root"\npassword_env = "P"\n'
        '[lab]\nurl = ["http://lab1", "http://lab2"]\nuser = "root"\npassword_env = "P"\n'
    )
    return path


@pytest.fixture
def among_targets(run: Run, valkey: Valkey, redis: Redis, file: Path) -> Run:
    """Run a command where those targets are set up."""
    assert redis.ping()
    return partial(run, XENFLOW_TARGETS=str(file), XENFLOW_REDIS_URL=valkey.url)


@pytest.fixture
def ended(redis: Redis) -> Ended:
    """Write an operation into the journal that has ended so on a target."""
    journal = Journal(redis, Keys(Settings().key_prefix), lease=10.0, keep=600)

    def end(id_: str, target: str, error: str) -> None:
        first = Record(name="xenserver.vm.start", target=target, root=id_)
        entry = journal.claim(id_, Place(id_), first, timeout=60.0)
        reply: Any = {"return_result": "VM started"}
        failure = Failure(type=error, code="X", params=[], message=f"{error} is what it met")
        journal.finish(entry, Place(id_), failure if error else reply)

    return end


def test_targets_are_checked_without_redis(run: Run, nowhere: str, tmp_path: Path) -> None:
    """What waits on each is not known, and that is said."""
    with server.serve_in_thread(server.Options(speed=1000.0)) as pool:
        path = tmp_path / "targets.toml"
        path.write_text(f'[default]\nurl = "{pool.url}"\nuser = "root"\npassword_env = "P"\n')
        variables = {"XENFLOW_TARGETS": str(path), "P": "xenflow", "XENFLOW_REDIS_URL": nowhere}

        shown = run("targets", "--check", **variables)
        found = run("targets", "--check", "--json", **variables)

    assert shown.code == 0, shown.err
    assert "3 hosts" in shown.out
    assert "what waits on each target is not known" in shown.err
    [row] = json.loads(found.out)["targets"]
    assert (row["reachable"], row["parked"], row["trouble"]) == (True, None, None)


def test_nothing_to_check_is_no_success(run: Run, nowhere: str) -> None:
    reply = run("targets", "--check", XENFLOW_REDIS_URL=nowhere)

    assert reply.code == 1
    assert "no target is set up" in reply.err
    assert "Next: XENFLOW_TARGETS names" in reply.err


def test_all_addresses_of_a_target_are_known(among_targets: Run) -> None:
    rows = json.loads(among_targets("targets", "--json").out)["targets"]

    assert "http://lab1 and 1 more" in among_targets("targets").out
    assert [row["urls"] for row in rows] == [["http://pool"], ["http://lab1", "http://lab2"]]


@pytest.mark.parametrize(
    ("errors", "trouble"),
    [
        (["Unreachable"], "Unreachable is what it met"),
        (["", "Denied"], "Denied is what it met"),
        (["Denied", ""], ""),
        (["Unreachable", "Missing"], ""),
        ([], ""),
    ],
)
def test_trouble_is_what_the_latest_operation_met(
    errors: list[str], trouble: str, among_targets: Run, ended: Ended
) -> None:
    """A poller looks at a target only while something is parked there."""
    for number, error in enumerate(errors):
        ended(f"op{number}", "lab", error)

    default, lab = json.loads(among_targets("targets", "--json").out)["targets"]

    assert lab["trouble"] == trouble
    assert default["trouble"] == ""
