"""The pool: everything that a call needs beyond its parameters."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.certificates import Files
from simulator.clock import Clock
from simulator.durations import DURATIONS
from simulator.effects import Effects
from simulator.events import Events
from simulator.faults import Faults
from simulator.guest_rules import GuestRules
from simulator.limits import Limits
from simulator.metering import Meter
from simulator.sessions import Account, Sessions
from simulator.tables import NULL, Database
from simulator.tasks import Tasks
from simulator.wait_queue import WaitQueues

DEFAULT_ACCOUNTS = (
    Account("root", "xenflow"),
    Account("reader", "xenflow", "read-only"),
    Account("operator", "xenflow", "vm-operator"),
)


@dataclass(slots=True)
class Pool:
    """A simulated pool: database, clock, tasks, accounts, random source, durations, effects."""

    db: Database
    clock: Clock
    random: random.Random
    accounts: tuple[Account, ...] = DEFAULT_ACCOUNTS
    durations: dict[str, float] = field(default_factory=lambda: dict(DURATIONS))
    limits: Limits = field(default_factory=Limits)
    guest_rules: GuestRules = field(default_factory=GuestRules)
    sched_gran: dict[str, str] = field(default_factory=dict)
    certificate_files: Files = field(default_factory=Files)
    failing_storage: set[str] = field(default_factory=set)
    release_seconds: float = 0.0
    meter: Meter = field(default_factory=Meter)
    faults: Faults = field(init=False)
    effects: Effects = field(init=False)
    waiting: int = 0
    url: str = ""
    hand_over: Callable[[str], None] = field(default=lambda _: None)  # see toolstack
    counters: Counter[str] = field(default_factory=Counter)
    wait_queues: WaitQueues = field(default_factory=WaitQueues)
    tasks: Tasks = field(init=False)
    sessions: Sessions = field(init=False)
    events: Events = field(init=False)

    def __post_init__(self) -> None:
        """Create the services that use the database and the clock."""
        self.faults = Faults(self.random)
        self.effects = Effects(self.limits.effects)
        self.tasks = Tasks(self.db, self.clock, self.limits)
        self.sessions = Sessions(self.db, self.clock, self.tasks, self.accounts)
        self.events = Events(self.db, self.sessions.is_open)

    @property
    def coordinator(self) -> str:
        """Return the reference of the pool's coordinator."""
        pools = self.db.refs("pool")
        return str(self.db.get("pool", pools[0])["master"]) if pools else NULL

    @property
    def address(self) -> str:
        """Return the coordinator's address, as HOST_IS_SLAVE has it."""
        return str(self.db.get("host", self.coordinator)["address"])

    def member(self, address: str) -> str:
        """Return this address if it is that of a host other than the coordinator, else ""."""
        if address == self.address or not self.db.where("host", address=address):
            return ""
        return address

    def duration(self, method: str) -> float:
        """Return the simulated seconds that a method takes."""
        return self.durations.get(method, self.durations["*"])
