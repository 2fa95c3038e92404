"""Conditions of a pool that last: guests that misbehave, limits that are reached.

Each condition is a command of the control API, of the command line (`--do`) and of a pool file
(`[[do]]`); its fields are validated, its `apply` changes the pool and returns what to answer.
"""

import dataclasses
from abc import ABC, abstractmethod
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator import failover, preconditions
from simulator.guest_rules import GuestRule
from simulator.metering import Budget
from simulator.pool import Pool
from simulator.quantities import Count, Room, Seconds, SomeOf


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

    waiting: Count | None = Field(None, description="calls that may wait")
    tasks: Count | None = Field(None, description="task records that the sweep leaves")
    effects: Count | None = Field(None, description="effects that are kept")
    connections: SomeOf | None = Field(None, description="connections that are served")
    header_read: Seconds | None = Field(None, description="seconds for a read of headers")
    header_total: Seconds | None = Field(None, description="seconds for all headers")

    def apply(self, pool: Pool) -> dict[str, Any]:
        """Set the limits that are named; return all."""
        for name, value in self.model_dump(exclude_none=True).items():
            setattr(pool.limits, name, value)
        pool.effects.limit(pool.limits.effects)
        return dataclasses.asdict(pool.limits)


class Storage(Condition):
    """Leave a repository so many bytes free, let its back end fail, detach it from all hosts."""

    sr: str
    free: Room | None = None
    failing: bool | None = None
    plugged: bool | None = None

    def apply(self, pool: Pool) -> dict[str, Any]:
        """Change what is named; return what the repository has now."""
        sr = find(pool, "SR", self.sr)
        record = pool.db.get("SR", sr)
        if self.free is not None:
            used = max(0, record["physical_size"] - self.free)
            pool.db.put("SR", sr, physical_utilisation=used)
        if self.failing is not None:
            (pool.failing_storage.add if self.failing else pool.failing_storage.discard)(sr)
        if self.plugged is not None:
            self._plug(pool, sr, plugged=self.plugged)
        return {"free": record["physical_size"] - record["physical_utilisation"]}

    def _plug(self, pool: Pool, sr: str, *, plugged: bool) -> None:
        record = pool.db.get("SR", sr)
        for pbd in record["PBDs"]:
            pool.db.put("PBD", pbd, currently_attached=plugged)
        preconditions.refresh(pool.db, "SR", sr)
        for vdi in record["VDIs"]:
            preconditions.refresh(pool.db, "VDI", vdi)


class Detach(Condition):
    """Let disks stay in use for a while after they are detached."""

    seconds: Seconds

    def apply(self, pool: Pool) -> dict[str, Any]:
        """Keep every disk that is detached from now on."""
        pool.release_seconds = self.seconds
        return {}


class Host(Condition):
    """Enable, disable, kill or revive a host."""

    host: str
    state: Literal["enabled", "disabled", "dead", "alive"]

    def apply(self, pool: Pool) -> dict[str, Any]:
        """Change the host; the coordinator can only be moved."""
        host = find(pool, "host", self.host)
        match self.state:
            case "dead" if host == pool.coordinator:
                raise ValueError("that host is the coordinator: use move_coordinator first")
            case "dead":
                failover.die(pool, host)
            case "alive":
                failover.revive(pool, host)
            case state:
                pool.db.put("host", host, enabled=state == "enabled")
                preconditions.refresh(pool.db, "host", host)
        return {}


class Ha(Condition):
    """Switch high availability on or off; overcommitted it admits no further protected VM."""

    enabled: bool
    failures: Count = 1
    overcommitted: bool = False

    def apply(self, pool: Pool) -> dict[str, Any]:
        """Write what the pool shows of it."""
        failover.show(
            pool.db,
            enabled=self.enabled,
            ha_host_failures_to_tolerate=self.failures,
            ha_plan_exists_for=0 if self.overcommitted else self.failures,
            ha_overcommitted=self.overcommitted,
        )
        return {}


class Metering(Budget, Condition):
    """Meter some callers: calls over budget wait."""

    def apply(self, pool: Pool) -> dict[str, Any]:
        """Start with a full budget."""
        pool.meter.add(Budget(**self.model_dump()), pool.clock.now())
        return {}


def clear(pool: Pool) -> None:
    """End what disturbs calls; limits, high availability and the state of hosts stay."""
    pool.guest_rules.clear()
    pool.meter.clear()
    pool.failing_storage.clear()
    pool.release_seconds = 0.0


def find(pool: Pool, cls: str, name: str) -> str:
    """Return the object of a class with this name or UUID; ValueError where it is not one."""
    found = pool.db.where(cls, name_label=name) or pool.db.where(cls, uuid=name)
    if len(found) != 1:
        raise ValueError(f'{len(found)} objects of class {cls} are named "{name}"')
    return found[0]


CONDITIONS: dict[str, type[Condition]] = {
    "guest": Guest,
    "limits": Limit,
    "storage": Storage,
    "detach": Detach,
    "host": Host,
    "ha": Ha,
    "meter": Metering,
}
