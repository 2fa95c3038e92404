"""No more calls than the profile allows are in flight at a target, whoever dies meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stack import StackHarness

MOST = 3
MANY = 24


@pytest.fixture
def limited_stack(isolated_stack: StackHarness) -> StackHarness:
    """Return a stack whose target allows three calls in flight."""
    targets = isolated_stack.runtime.settings.targets
    assert targets
    with Path(targets).open("a", encoding="utf-8") as file:
        file.write(f"max_calls = {MOST}\n")
    isolated_stack.services.worker()
    isolated_stack.services.poller()
    return isolated_stack


@contextmanager
def watched(stack: StackHarness) -> Iterator[list[int]]:
    """Note again and again how many tasks of ours run on XenServer at once."""
    seen: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            tasks = stack.xenserver("task.get_all_records").values()
            seen.append(sum(t["status"] == "pending" and _is_clone(t) for t in tasks))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _is_clone(task: dict[str, str]) -> bool:
    return task["name_label"] == "Async.VM.clone"


def _names(stack: StackHarness) -> list[str]:
    return sorted(
        record["name_label"]
        for record in stack.xenserver.records("VM").values()
        if record["name_label"].startswith("many-")
    )


def test_a_burst_is_worked_off_a_few_calls_at_a_time(limited_stack: StackHarness) -> None:
    """Each is done once, and XenServer never sees more than the limit."""
    with watched(limited_stack) as seen:
        results = [
            limited_stack.send("xenserver.vm.clone", vm="deb12", name=f"many-{number:02}")
            for number in range(MANY)
        ]
        for result in results:
            result.get(timeout=110)

    assert _names(limited_stack) == [f"many-{number:02}" for number in range(MANY)]
    assert 0 < max(seen) <= MOST


def test_a_worker_that_dies_leaves_no_place_taken(limited_stack: StackHarness) -> None:
    """What it had in hand is done by another, and everything behind it too."""
    results = [
        limited_stack.send("xenserver.vm.clone", vm="deb12", name=f"many-{number:02}")
        for number in range(MANY)
    ]
    limited_stack.until(lambda: _names(limited_stack), "the first is done")
    limited_stack.kill(*[p for p in limited_stack.processes if p.name == "worker"])
    limited_stack.services.worker(name="heir")
    for result in results:
        result.get(timeout=110)

    assert _names(limited_stack) == [f"many-{number:02}" for number in range(MANY)]


def test_a_cancelled_operation_that_waits_for_its_turn_ends_at_once(
    limited_stack: StackHarness,
) -> None:
    """It has called nothing, so there is nothing to wait for."""
    with limited_stack.xenserver.held():
        for number in range(MOST):
            limited_stack.send("xenserver.vm.clone", vm="deb12", name=f"many-{number}")
        limited_stack.until_parked(MOST)
        waiting = limited_stack.send("xenserver.vm.clone", vm="deb12", name="many-x")
        limited_stack.until(lambda: _phase(limited_stack, waiting.id) == "waiting", "it waits")

        waiting.revoke()
        ended = limited_stack.until(lambda: _phase(limited_stack, waiting.id) == "ended", "its end")

    assert ended


def _phase(stack: StackHarness, operation: str) -> str:
    record = stack.runtime.journal.read(operation)
    return str(record.phase) if record and record.phase else ""
