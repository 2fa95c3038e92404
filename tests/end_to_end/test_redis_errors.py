"""A Redis that answers with errors for some seconds is waited out by every process."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from redis.exceptions import RedisError

from tests.conftest import SHORT
from tests.end_to_end import redis_troubles
from tests.stack import TIMEOUT, StackHarness, running_stack
from workers.local_stack.supervisor import ManagedProcess

pytestmark = pytest.mark.xdist_group("redis errors")  # they share a stack
FIND = "xenserver.host.find"
LASTS = 4.0  # seconds: longer than several tries, and than a lease


@pytest.fixture(scope="module")
def troubled_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackHarness]:
    """Run a stack with two workers and a poller, whose Redis has troubles."""
    with running_stack(tmp_path_factory.mktemp("troubled"), speed=20.0) as stack:
        stack.services.choose(**SHORT)
        for name in ("first", "second"):
            stack.services.worker(name=name, slots=2)
        stack.services.poller()
        yield stack


def others(stack: StackHarness, name: str) -> list[ManagedProcess]:
    """Return all workers but one."""
    return [m for m in stack.processes if m.name in {"first", "second"} and m.name != name]


def takes(stack: StackHarness, name: str) -> bool:
    """Make one worker alone answer more messages than it has slots."""
    stopped = others(stack, name)
    for member in stopped:
        os.kill(member.process.pid, signal.SIGSTOP)
    try:
        found = [stack.send(FIND) for _ in range(6)]
        return [result.get(timeout=TIMEOUT)["count"] for result in found] == [3] * 6
    finally:
        for member in stopped:
            os.kill(member.process.pid, signal.SIGCONT)


@pytest.mark.slow
@pytest.mark.parametrize("load", ["idle", "busy"])
@pytest.mark.parametrize("trouble", redis_troubles.TROUBLES)
def test_every_worker_takes_again_afterwards(
    troubled_stack: StackHarness, trouble: str, load: str
) -> None:
    """None has ended, none is left connected and unresponsive, and no operation has failed."""
    stack = troubled_stack
    sent = [stack.send(FIND) for _ in range(60)] if load == "busy" else []
    names = [f"{trouble}-{n}" for n in range(6)] if load == "busy" else []
    made = [stack.send("xenserver.vm.clone", vm="deb12", name=name) for name in names]

    with redis_troubles.troubled(trouble, stack.redis, stack.services.folder / "valkey"):
        time.sleep(LASTS)

    assert all(one.is_running for one in stack.processes if one.name != "valkey")
    assert [result.get(timeout=TIMEOUT)["count"] for result in sent] == [3] * len(sent)
    assert [result.get(timeout=TIMEOUT)["name_label"] for result in made] == names
    assert [len(stack.xenserver.named("VM", name)) for name in names] == [1] * len(names)
    assert takes(stack, "first")
    assert takes(stack, "second")


@pytest.mark.slow
def test_every_worker_takes_again_after_restarts_in_a_row(troubled_stack: StackHarness) -> None:
    """Redis is killed and comes back, again and again; connections are cut in between."""
    stack = troubled_stack
    for _ in range(4):
        [server] = [one for one in stack.processes if one.name == "valkey" and one.is_running]
        stack.kill(server)
        stack.services.valkey()
        stack.until(lambda: is_up(stack), "Redis is up")
        assert takes(stack, "first")
        stack.redis.client_kill_filter(_type="normal", skipme=True)
        assert takes(stack, "second")

    assert all(one.is_running for one in stack.processes if one.name != "valkey")


@pytest.mark.slow
def test_a_worker_whose_connections_are_cut_all_the_time_waits(
    troubled_stack: StackHarness,
) -> None:
    """Celery counts the restarts of its consumer; too many in a second are a pause, and no end."""
    stack = troubled_stack
    [worker] = [one for one in stack.processes if one.name == "first"]

    def is_noticed() -> bool:
        stack.redis.client_kill_filter(_type="normal", skipme=True)
        return "RestartFreqExceeded" in worker.output()

    stack.until(is_noticed, "five restarts within a second")

    assert takes(stack, "first")
    assert worker.is_running


@pytest.mark.slow
def test_every_worker_takes_again_after_redis_has_loaded_its_data(
    troubled_stack: StackHarness,
) -> None:
    """A server that was restarted answers LOADING until it has read all it wrote."""
    stack = troubled_stack
    redis_troubles.write_much(stack.redis)
    names = [f"loading-{n}" for n in range(4)]
    made = [stack.send("xenserver.vm.clone", vm="deb12", name=name) for name in names]
    [server] = [one for one in stack.processes if one.name == "valkey" and one.is_running]
    stack.kill(server)

    with redis_troubles.loading(stack.redis, stack.services.folder / "valkey", seconds=2 * LASTS):
        time.sleep(LASTS)
    stack.services.valkey()
    stack.until(lambda: is_up(stack), "Redis is up")

    assert [result.get(timeout=TIMEOUT)["name_label"] for result in made] == names
    assert [len(stack.xenserver.named("VM", name)) for name in names] == [1] * len(names)
    assert takes(stack, "first")
    assert takes(stack, "second")
    assert all(one.is_running for one in stack.processes if one.name != "valkey")


def is_up(stack: StackHarness) -> bool:
    try:
        return bool(stack.redis.ping())
    except RedisError:
        return False
