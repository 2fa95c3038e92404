"""Behind Sentinels, a failover under load is waited out; nothing is lost or done twice."""

import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from celery import states
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from tests.conftest import SHORT
from tests.end_to_end.sentinels import Sentinels
from tests.stack import StackHarness, running_stack
from workers.local_stack.supervisor import Supervisor

CLONE = "xenserver.vm.clone"


@pytest.fixture(scope="module")
def sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    """Run three Sentinels over three servers."""
    with Supervisor(tmp_path_factory.mktemp("sentinels")) as supervisor:
        yield Sentinels(supervisor)


@pytest.fixture
def watched_stack(sentinels: Sentinels, tmp_path: Path) -> Iterator[StackHarness]:
    """Run two workers and a poller behind them."""
    with running_stack(tmp_path, speed=20.0, redis_url=sentinels.url) as stack:
        stack.services.choose(**SHORT)
        for name in ("first", "second"):
            stack.services.worker(name=name, slots=2)
        stack.services.poller()
        yield stack


def answer(stack: StackHarness, task_id: str) -> Any:
    """Return the answer of a message, once there is one; a failover may be under way."""
    try:
        reply = stack.app.backend.get_task_meta(task_id)
    except RedisError:
        return None
    return reply["result"] if reply["status"] in states.READY_STATES else None


def is_sent(stack: StackHarness, task_id: str, name: str) -> bool:
    """Send a message; a producer hears it by name when the primary is away."""
    try:
        stack.send(CLONE, task_id=task_id, vm="deb12", name=name)
    except OperationalError:
        return False
    return True


def test_a_failover_under_load_loses_nothing(
    sentinels: Sentinels, watched_stack: StackHarness
) -> None:
    """A message that the new primary lacks is sent again under its id, as producers can do."""
    stack = watched_stack
    names = {str(uuid.uuid4()): f"vm-{n}-{uuid.uuid4().hex[:8]}" for n in range(12)}
    for task_id, name in names.items():
        stack.send(CLONE, task_id=task_id, vm="deb12", name=name)

    sentinels.fail_over()

    for task_id, name in names.items():
        if answer(stack, task_id) is None:
            stack.until(partial(is_sent, stack, task_id, name), f"{name} is sent again")
    for task_id, name in names.items():
        reply = stack.until(partial(answer, stack, task_id), f"answer of {name}")
        assert reply["name_label"] == name
        assert len(stack.xenserver.named("VM", name)) == 1
    assert all(process.is_running for process in stack.processes)
    assert [stack.do("xenserver.host.find")["count"] for _ in range(8)] == [3] * 8
