"""What happens when, read off a seed: the same seed gives the same work and the same faults.

Faults are injected in lanes, one fault at a time in each: a worker may die while Redis is away, but
Redis is not stopped twice at once. Each lane deals its faults from a shuffled deck, so that none is
left out of a round that is long enough. The seed decides whether a second lane injects faults of
processes: then one worker may be frozen while the other one dies.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.faults import FAULTS, PROCESSES, Fault
from tests.chaos.jobs import Load, load

TWICE = 0.4  # of all seeds have a second lane of faults of processes
PAUSE = (0.5, 2.5)  # seconds between two faults of a lane, for each second of a scale of 1


@dataclass(frozen=True)
class Injection:
    """One fault in its place: how long it pauses before, how long it lasts, and its dice."""

    fault: Fault
    pause: float
    seconds: float
    seed: int


@dataclass(frozen=True)
class Schedule:
    """All that a round does."""

    seed: int
    seconds: float
    load: Load
    lanes: dict[str, Sequence[Injection]]


def schedule(seed: int, *, runs: int, seconds: float, scale: float) -> Schedule:
    """Return the schedule of a round: `scale` stretches faults to the settings of the processes."""
    lanes = {lane: lane for lane in sorted({fault.lane for fault in FAULTS})}
    if _random(seed, "lanes").random() < TWICE:
        lanes[f"{PROCESSES} again"] = PROCESSES
    return Schedule(
        seed=seed,
        seconds=seconds,
        load=load(_random(seed, "load"), runs=runs, seconds=seconds),
        lanes={
            name: tuple(_lane(lane, _random(seed, name), seconds, scale))
            for name, lane in lanes.items()
        },
    )


def _lane(lane: str, dice: random.Random, seconds: float, scale: float) -> Iterator[Injection]:
    deck: list[Fault] = []
    at = 0.0
    while True:
        deck = deck or dice.sample(faults := [f for f in FAULTS if f.lane == lane], len(faults))
        fault = deck.pop()
        pause = dice.uniform(*PAUSE) * scale
        lasts = dice.uniform(*fault.seconds) * scale
        at += pause + lasts
        if at > seconds:
            return
        yield Injection(fault, pause, lasts, dice.randrange(1 << 30))


def _random(seed: int, purpose: str) -> random.Random:
    return random.Random(f"{seed}/{purpose}")  # noqa: S311 - a schedule, not a secret
