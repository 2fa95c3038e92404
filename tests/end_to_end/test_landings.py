"""A long queue is not a lost message: what waits in it is not sent again."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.engine.journal.journal import Journal
from tests.stack import StackHarness, running_stack

MANY = 200
LONG_AGO = 1.0
LOOKS = 20  # while nothing moves


@pytest.fixture
def roomy_stack(tmp_path: Path) -> Iterator[StackHarness]:
    """Run a stack with many VMs, whose target has room for a call to each at once."""
    with running_stack(tmp_path, speed=20.0, vms=2 * MANY) as stack:
        targets = stack.runtime.settings.targets
        assert targets
        with targets.open("a", encoding="utf-8") as file:
            file.write(f"max_calls = {MANY}\n")
        stack.services.poller()
        yield stack


def send(stack: StackHarness, number: int, vm: str) -> str:
    """Send an operation, every other one urgently."""
    fields = {"vm": vm, "force": True}
    send = stack.app.send_task
    return str(send("xenserver.vm.shutdown", kwargs=fields, priority=9 * (number % 2)).id)


def running(stack: StackHarness) -> list[str]:
    """Return the names of many VMs that run."""
    records = stack.xenserver.records("VM").values()
    crowd = (r["name_label"] for r in records if r["power_state"] == "Running")
    return [name for name in crowd if name.startswith("vm")][:MANY]


def impatient(stack: StackHarness) -> Journal:
    """Return a journal to which every landing looks overdue at once, each time it is asked."""
    settings = stack.runtime.settings
    return Journal(
        stack.redis,
        stack.runtime.journal.keys,
        lease=settings.lease,
        keep=int(settings.run_expires),
        in_hand=settings.visibility_timeout + 15.0,
        resend_check=0.0,
    )


def sent(stack: StackHarness) -> int:
    """Return how many messages the engine has sent again, to land or for another reason."""
    return int(stack.redis.hget(stack.runtime.journal.keys.deliveries, "number") or 0)


def test_landings_behind_a_long_queue_are_not_sent_again(roomy_stack: StackHarness) -> None:
    """All end while no worker takes anything, for far longer than a landing is waited for."""
    stack, keys = roomy_stack, roomy_stack.runtime.journal.keys
    worker = stack.services.worker()
    with stack.xenserver.held():
        ids = [send(stack, number, vm) for number, vm in enumerate(running(stack))]
        stack.until_parked(len(ids))
        os.killpg(worker.process.pid, signal.SIGSTOP)
    timer = impatient(stack)

    try:
        stack.until(lambda: stack.redis.zcard(keys.landing) == MANY, "all have ended")
        stack.redis.zadd(keys.landing, dict.fromkeys(ids, LONG_AGO))
        for _ in range(LOOKS):
            stack.runtime.publisher.resume(*timer.due())
    finally:
        os.killpg(worker.process.pid, signal.SIGCONT)

    def all_ended() -> bool:
        stack.runtime.publisher.resume(*timer.due())
        return not stack.redis.zcard(keys.open)

    stack.until(all_ended, "all are answered")
    assert sent(stack) - MANY < MANY * 0.02
    assert {b"taken:change", b"taken:change:9"} <= set(stack.redis.hkeys(keys.deliveries))
