"""The pool under construction: what the names in its plan refer to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from simulator.errors import Failure
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


@contextmanager
def placed(place: str, name: str) -> Iterator[None]:
    """Prefix a refusal with the place in the plan that caused it."""
    try:
        yield
    except Failure as failure:
        raise ValueError(f'{place}: "{name}": {" ".join(failure.description())}') from failure
