"""Conditions of a pool that last: guests that misbehave, limits that are reached.

Each condition is a command of the control API, of the command line (`--do`) and of a pool file
(`[[do]]`); its fields are validated, its `apply` changes the pool and returns what to answer.
"""

import dataclasses
from abc import ABC, abstractmethod
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from simulator.guest_rules import GuestRule
from simulator.pool import Pool


class Condition(BaseModel, ABC):
    """A command that changes the state of the pool."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def apply(self, pool: Pool) -> dict[str, Any]:
        """Change the pool; return the answer of the control API."""


class Guest(GuestRule, Condition):
    """How the guests of some VMs behave from now on."""

    def apply(self, pool: Pool) -> dict[str, Any]:
        """Add the rule."""
        pool.guest_rules.add(self)
        return {}


class Limit(Condition):
    """Lower or raise a limit of the toolstack."""

    waiting: NonNegativeInt | None = Field(None, description="calls that may wait")
    tasks: NonNegativeInt | None = Field(None, description="task records that the sweep leaves")
    effects: NonNegativeInt | None = Field(None, description="effects that are kept")

    def apply(self, pool: Pool) -> dict[str, Any]:
        """Set the limits that are named; return all."""
        for name in self.model_fields_set:
            setattr(pool.limits, name, getattr(self, name))
        pool.effects.limit(pool.limits.effects)
        return dataclasses.asdict(pool.limits)


CONDITIONS: dict[str, type[Condition]] = {"guest": Guest, "limits": Limit}
