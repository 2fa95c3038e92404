"""What XenServer works on holds no slot of a worker."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import TIMEOUT, StackHarness, running_stack

OPERATIONS, SECONDS = 200, 5.0


@pytest.fixture
def slow_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackHarness]:
    """Keep a stack with four slots and a pool whose seconds are as long as ours."""
    with running_stack(tmp_path_factory.mktemp("slow"), speed=1.0) as stack:
        targets = stack.runtime.settings.targets
        assert targets
        with Path(targets).open("a", encoding="utf-8") as file:
            file.write(f"max_calls = {OPERATIONS}\n")
        stack.xenserver.control("durations", set={"VM.clone": SECONDS})
        stack.services.worker(slots=4)
        stack.services.poller()
        yield stack


@pytest.mark.slow
def test_four_slots_have_two_hundred_operations_under_way(
    slow_stack: StackHarness, name: str
) -> None:
    """All of them are at XenServer at the same moment, and each is answered."""
    stack, began = slow_stack, time.monotonic()
    with stack.xenserver.held():
        results = [
            stack.send("xenserver.vm.clone", vm="blank", name=f"{name}-{n}")
            for n in range(OPERATIONS)
        ]
        stack.until_parked(OPERATIONS)

    answers = [result.get(timeout=TIMEOUT) for result in results]
    took = time.monotonic() - began

    print(f"{OPERATIONS} operations of {SECONDS:g} s with 4 slots took {took:.1f} s")  # noqa: T201 - a figure to look at, by `pytest -s`
    assert stack.xenserver.control("stats")["tasks"]["peak"] == OPERATIONS
    assert {answer["uuid"] for answer in answers} <= set(stack.xenserver.records("VM"))
    assert len({answer["uuid"] for answer in answers}) == OPERATIONS
