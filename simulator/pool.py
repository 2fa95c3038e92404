"""The pool as one object: all that a call may need beyond its own parameters."""

import random
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.durations import DURATIONS
from simulator.tables import NULL, Database
from simulator.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in, and the role that bounds what they may do."""

    name: str
    password: str
    role: str = "pool-admin"


@dataclass(frozen=True, slots=True)
class Effect:
    """A verb that changed something, as the journal of effects keeps it."""

    order: int
    time: float
    method: str
    params: list[Any]
    result: Any
    task: str


@dataclass(slots=True)
class Pool:
    """A simulated pool: database, clock, tasks, accounts, chance, durations, effects."""

    db: Database
    clock: Clock
    random: random.Random
    accounts: tuple[Account, ...] = (Account("root", "xenflow"),)
    durations: dict[str, float] = field(default_factory=lambda: dict(DURATIONS))
    effects: list[Effect] = field(default_factory=list)
    waiting: int = 0
    tasks: Tasks = field(init=False)

    def __post_init__(self) -> None:
        self.tasks = Tasks(self.db, self.clock)

    @property
    def coordinator(self) -> str:
        """Give the reference of the host that speaks for the pool."""
        pools = self.db.refs("pool")
        return str(self.db.get("pool", pools[0])["master"]) if pools else NULL

    def duration(self, verb: str) -> float:
        """Give the simulated seconds that a verb takes."""
        return self.durations.get(verb, self.durations["*"])
