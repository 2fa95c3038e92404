"""Simulated time."""

import asyncio

import pytest

from simulator import clock
from simulator.clock import Clock

START = 1_000_000.0


@pytest.mark.parametrize("instant", [0.0, START, 1_787_652_672.0])
def test_an_instant_is_written_and_read(instant: float) -> None:
    assert clock.seconds(clock.iso(instant)) == instant
    assert clock.iso(0) == clock.NEVER


def test_a_held_clock_wakes_sleepers_in_order_when_advanced() -> None:
    """Those that a sleeper sends to sleep within the same advance wake too."""

    async def play() -> list[tuple[str, float]]:
        time = Clock(start=START)
        time.hold()
        start = time.now()
        woken: list[tuple[str, float]] = []

        async def sleeper(name: str, *seconds: float) -> None:
            for each in seconds:
                await time.sleep(each)
                woken.append((name, round(time.now() - start)))

        jobs = [asyncio.create_task(sleeper("a", 3, 2)), asyncio.create_task(sleeper("b", 4))]
        await asyncio.sleep(0)
        await time.advance(4.5)
        assert time.now() == start + 4.5
        await time.advance(1)
        await asyncio.gather(*jobs)
        return woken

    assert asyncio.run(play()) == [("a", 3), ("b", 4), ("a", 5)]


def test_a_running_clock_wakes_sleepers_by_itself() -> None:
    async def play() -> float:
        time = Clock(start=START, speed=1000)
        await time.sleep(5)
        return time.now() - START

    assert asyncio.run(play()) >= 5


def test_a_released_clock_goes_on_where_it_stood() -> None:
    """What was due meanwhile is due later."""

    async def play() -> float:
        time = Clock(start=START, speed=1000)
        time.hold()
        sleeper = asyncio.create_task(time.sleep(5))
        await asyncio.sleep(0)
        time.release()
        await sleeper
        return time.now() - START

    assert asyncio.run(play()) >= 5
