"""What XenServer works on holds no slot of a worker."""

import time
from collections.abc import Iterator

import pytest

from tests.stack import PATIENCE, Inhabited, inhabited

OPERATIONS, SECONDS = 200, 5.0


@pytest.fixture
def slow_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    """Keep a house with four slots and a pool whose seconds are as long as ours."""
    with inhabited(tmp_path_factory.mktemp("slow"), speed=1.0) as lives:
        lives.xenserver.control("durations", set={"VM.clone": SECONDS})
        lives.house.worker(slots=4)
        lives.house.poller()
        yield lives


@pytest.mark.slow
def test_four_slots_have_two_hundred_operations_under_way(slow_house: Inhabited, name: str) -> None:
    """All of them are at XenServer at the same moment, and each is answered."""
    house, began = slow_house, time.monotonic()
    with house.xenserver.held():
        results = [
            house.send("xenserver.vm.clone", vm="blank", name=f"{name}-{n}")
            for n in range(OPERATIONS)
        ]
        house.until_parked(OPERATIONS)

    answers = [result.get(timeout=PATIENCE) for result in results]
    took = time.monotonic() - began

    print(f"{OPERATIONS} operations of {SECONDS:g} s with 4 slots took {took:.1f} s")  # noqa: T201 - a figure to look at, by `pytest -s`
    assert house.xenserver.control("stats")["tasks"]["peak"] == OPERATIONS
    assert {answer["uuid"] for answer in answers} <= set(house.xenserver.records("VM"))
    assert len({answer["uuid"] for answer in answers}) == OPERATIONS
