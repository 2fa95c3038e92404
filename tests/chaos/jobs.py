"""What producers send in a round, and when: work of all kinds, repeats, cancels, and rubbish.

The seed decides the mix too: how often each kind comes, how much is repeated, cancelled or
malformed, and whether messages come evenly or in bursts.
"""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.chaos.kinds import KINDS, Kind
from tests.chaos.malformed import MALFORMED, Malformed

CLIENTS = ("xenflow", "bare", "bare, no queue")
"""Who sends: our own client, or Celery alone, with the name of a queue or without."""

LATEST_REPEAT = 20.0  # seconds after the first time
LATEST_CANCEL = 10.0  # seconds after the first time
COMMAND, REVOKE = CANCELS = ("a run is cancelled", "a run is revoked")
"""How a job is cancelled: as `xenflow cancel` does it, or by a plain Celery client."""


@dataclass(frozen=True)
class Mix:
    """What a load consists of."""

    weights: Sequence[float]  # of the kinds
    repeated: float  # of all jobs are sent more than once
    cancelled: float  # of all jobs are cancelled, or tried to be
    rubbish: float  # malformed messages for each job
    burst: int  # jobs that come at once


@dataclass(frozen=True)
class Cancel:
    """A request to cancel a job, seconds after the round began."""

    how: str
    at: float


@dataclass(frozen=True)
class Job:
    """One accepted message that is to have one answer and one effect."""

    name: str
    id: str
    kind: Kind
    client: str
    moments: Sequence[float]
    cancel: Cancel | None = None

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

    def plain(self) -> "Load":
        """Return what plain Celery can bear: malformed messages end it, a cancel undoes nothing."""
        return Load([replace(job, cancel=None) for job in self.jobs], ())


def load(dice: random.Random, *, runs: int, seconds: float) -> Load:
    """Return so many jobs, spread over the time of the round, and the rubbish between them."""
    mix = _mix(dice)
    starts = [seconds * (number - number % mix.burst) / runs for number in range(runs)]
    jobs = [_job(dice, number, start, mix) for number, start in enumerate(starts)]
    count = max(round(runs * mix.rubbish), len(MALFORMED) if runs >= len(MALFORMED) else 1)
    deck = [MALFORMED[number % len(MALFORMED)] for number in range(count)]
    rubbish = [Rubbish(_id(dice), malformed, dice.uniform(0, seconds)) for malformed in deck]
    return Load(jobs, rubbish)


def _mix(dice: random.Random) -> Mix:
    return Mix(
        weights=[kind.weight * dice.uniform(0.3, 3.0) for kind in KINDS],
        repeated=dice.uniform(0.1, 0.4),
        cancelled=dice.uniform(0.1, 0.3),
        rubbish=dice.uniform(0.04, 0.12),
        burst=dice.choice((1, 1, 5, 25)),
    )


def _job(dice: random.Random, number: int, at: float, mix: Mix) -> Job:
    kind = _kind(dice, number, mix)
    repeats = dice.randint(1, 3) if dice.random() < mix.repeated else 0
    again = sorted(at + dice.uniform(0.0, LATEST_REPEAT) for _ in range(repeats))
    job = Job(f"k{number:05}", _id(dice), kind, dice.choice(CLIENTS), (at, *again))
    is_cancelled = dice.random() < mix.cancelled
    cancel = Cancel(dice.choice(CANCELS), at + dice.uniform(0.0, LATEST_CANCEL))
    return replace(job, cancel=cancel) if is_cancelled and kind.cancellable else job


def _kind(dice: random.Random, number: int, mix: Mix) -> Kind:
    """Return each kind once, and then each as often as it weighs."""
    if number < len(KINDS):
        return KINDS[number]
    return dice.choices(KINDS, mix.weights)[0]


def _id(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))
