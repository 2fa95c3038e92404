"""What producers send in a round, and when: work of all kinds, repeats of it, and rubbish."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.kinds import KINDS, Kind
from tests.chaos.malformed import MALFORMED, Malformed

CLIENTS = ("xenflow", "bare", "bare, no queue")
"""Who sends: our own client, or Celery alone, with the name of a queue or without."""

REPEATED = 0.25  # of all jobs are sent more than once
LATEST_REPEAT = 20.0  # seconds after the first time
RUBBISH = 0.08  # malformed messages for each job


@dataclass(frozen=True)
class Job:
    """One accepted message that is to have one answer and one effect."""

    name: str
    id: str
    kind: Kind
    client: str
    moments: Sequence[float]

    @property
    def at(self) -> float:
        """The moment at which it is sent first."""
        return self.moments[0]


@dataclass(frozen=True)
class Rubbish:
    """One malformed message; where its id can be read, it is to be answered with a failure."""

    id: str
    malformed: Malformed
    at: float


@dataclass(frozen=True)
class Load:
    """All that is sent in a round."""

    jobs: Sequence[Job]
    rubbish: Sequence[Rubbish]


def load(dice: random.Random, *, runs: int, seconds: float) -> Load:
    """Return so many jobs, spread over the time of the round, and the rubbish between them."""
    jobs = [_job(dice, number, runs, seconds) for number in range(runs)]
    count = max(round(runs * RUBBISH), len(MALFORMED) if runs >= len(MALFORMED) else 1)
    deck = [MALFORMED[number % len(MALFORMED)] for number in range(count)]
    rubbish = [Rubbish(_id(dice), malformed, dice.uniform(0, seconds)) for malformed in deck]
    return Load(jobs, rubbish)


def _job(dice: random.Random, number: int, runs: int, seconds: float) -> Job:
    kind = _kind(dice, number)
    at = seconds * number / runs
    repeats = dice.randint(1, 3) if dice.random() < REPEATED else 0
    again = sorted(at + dice.uniform(0.0, LATEST_REPEAT) for _ in range(repeats))
    return Job(f"k{number:05}", _id(dice), kind, dice.choice(CLIENTS), (at, *again))


def _kind(dice: random.Random, number: int) -> Kind:
    """Return each kind once, and then each as often as it weighs."""
    if number < len(KINDS):
        return KINDS[number]
    return dice.choices(KINDS, [kind.weight for kind in KINDS])[0]


def _id(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))
