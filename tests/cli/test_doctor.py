"""`xenflow doctor` prints what is wrong, worst first, and says by its exit code whether it is."""

import json

from tests.cli.conftest import Run
from tests.stack import StackHarness


def test_a_stack_that_works_is_healthy(run: Run, isolated_stack: StackHarness) -> None:
    """Notices do not count."""
    isolated_stack.services.worker()
    isolated_stack.services.poller()

    ended = run("doctor", "--json", **isolated_stack.services.environment)

    reply = json.loads(ended.out)
    assert ended.code == 0
    assert reply["healthy"]
    assert {one["severity"] for one in reply["findings"]} <= {"notice"}


def test_an_installation_without_a_worker_is_broken(run: Run, isolated_stack: StackHarness) -> None:
    """Each finding has its cure beside it."""
    ended = run("doctor", COLUMNS="200", **isolated_stack.services.environment)

    assert ended.code == 1
    assert "no worker answers for the queue 'change'" in ended.out
    assert ended.out.count("start one: xenflow worker") == 1
    assert "'xenflow' (maintenance)" in ended.out
    assert "start one: xenflow worker" in ended.out
    assert "start one: xenflow poller" in ended.out


def test_a_redis_that_is_away_is_the_first_thing_to_cure(run: Run, nowhere: str) -> None:
    """Nothing else can be checked without it."""
    ended = run("doctor", XENFLOW_REDIS_URL=nowhere)

    assert ended.code == 3
    assert "Redis" in ended.err
