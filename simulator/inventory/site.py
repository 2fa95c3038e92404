"""The pool under construction: what the names in its plan refer to."""

from dataclasses import dataclass, field

from simulator.inventory.plan import Pool as Plan
from simulator.pool import Pool
from simulator.tables import NULL, Database


@dataclass(slots=True)
class Site:
    """A pool, its plan, and the references of what is built, by name."""

    pool: Pool
    plan: Plan
    hosts: dict[str, str] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    storage: dict[str, str] = field(default_factory=dict)
    isos: dict[str, str] = field(default_factory=dict)
    management: str = NULL
    default_storage: str = NULL

    @property
    def db(self) -> Database:
        """Return the pool's database."""
        return self.pool.db
