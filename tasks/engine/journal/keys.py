"""Every key xenflow keeps in Redis, in one place.

Each key has a lifetime: entries, runs and their sets live for `run_expires` beyond the deadline;
leases and early outcomes for seconds or minutes; `due`, `landing` and `parked` hold members only
while an operation is under way. `config/redis_replies.py` has the type of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Keys:
    """Names of keys under one prefix, so that several installations can share a server."""

    prefix: str = "xenflow"

    def entry(self, operation: str) -> str:
        """Hash: all that is known of one operation or flow."""
        return f"{self.entries}{operation}"

    @property
    def entries(self) -> str:
        """Prefix of entries, for scripts that meet ids."""
        return f"{self.prefix}:op:"

    @property
    def due(self) -> str:
        """Sorted set: operation -> the moment (epoch seconds) at which its message is sent."""
        return f"{self.prefix}:due"

    @property
    def landing(self) -> str:
        """Sorted set: operation whose message was sent, not yet claimed -> when to look at it."""
        return f"{self.prefix}:landing"

    @property
    def deliveries(self) -> str:
        """Hash: `number` of the last sending, `taken:<queue>` the highest that was claimed."""
        return f"{self.prefix}:deliveries"

    @property
    def runs(self) -> str:
        """Sorted set: run (Celery root id) -> when it began."""
        return f"{self.prefix}:runs"

    def run(self, root: str) -> str:
        """Sorted set: operation of the run -> when it was first claimed."""
        return f"{self.prefix}:run:{root}"

    def open_steps(self, flow: str) -> str:
        """Set: steps of a flow that began and have not ended."""
        return f"{self.prefix}:open:{flow}"

    def made(self, flow: str) -> str:
        """Sorted set: what the steps of a flow made (JSON) -> when."""
        return f"{self.prefix}:made:{flow}"

    @property
    def open(self) -> str:
        """Sorted set: operation that has begun and not ended -> when it was last claimed."""
        return f"{self.prefix}:open"

    @property
    def counters(self) -> str:
        """Hash: kind of event, see `counters.py` -> how often it happened."""
        return f"{self.prefix}:counters"

    @property
    def queue_heads(self) -> str:
        """Hash: list of messages -> checksum of the one that is next, and since when it is."""
        return f"{self.prefix}:queue_heads"

    @property
    def reconciled(self) -> str:
        """Plain string: the reconciler ran lately."""
        return f"{self.prefix}:reconciled"

    def calls(self, target: str) -> str:
        """Prefix of the calls of a target: sorted sets `in_flight` and `waiting`, hash `limit`."""
        return f"{self.prefix}:calls:{target}"

    @property
    def crowded(self) -> str:
        """Set: prefixes of the calls of targets at which operations wait for their turn."""
        return f"{self.prefix}:crowded"

    @property
    def targets(self) -> str:
        """Set: targets on which something is parked."""
        return f"{self.prefix}:targets"

    @property
    def connections(self) -> str:
        """Hash: target -> how to reach it (JSON, secrets sealed)."""
        return f"{self.prefix}:connections"

    @property
    def hosts(self) -> str:
        """Set: names of hosts that messages named themselves lately."""
        return f"{self.prefix}:hosts"

    def host(self, name: str) -> str:
        """Plain string: how to reach such a host (JSON, the password sealed)."""
        return f"{self.prefix}:host:{name}"

    def parked(self, target: str) -> str:
        """Hash: reference of a XenServer task -> operation/label of what waits for it."""
        return f"{self.prefix}:parked:{target}"

    def guests(self, target: str) -> str:
        """Set: the parked that wait for a guest, by the reference they are parked under."""
        return f"{self.prefix}:guests:{target}"

    def early(self, target: str) -> str:
        """Prefix of strings: outcome of a XenServer task that ended before it was parked."""
        return f"{self.prefix}:early:{target}:"

    def lease(self, target: str) -> str:
        """Plain string: who follows the XenServer tasks of a target."""
        return f"{self.prefix}:lease:{target}"

    def armed(self, target: str) -> str:
        """Plain string: a poller was sent for; send no other one for some seconds."""
        return f"{self.prefix}:armed:{target}"

    def safety(self, target: str) -> str:
        """Plain string: all tasks of the target were read lately."""
        return f"{self.prefix}:safety:{target}"

    def polled(self, target: str) -> str:
        """Plain string: the poller read the tasks of the target lately; its lifetime says when."""
        return f"{self.prefix}:polled:{target}"

    def health(self, target: str) -> str:
        """Hash: the health of the poller at the target (trouble, since, next try)."""
        return f"{self.prefix}:health:{target}"

    @property
    def dead_letters(self) -> str:
        """List: messages that cannot be answered, put aside; `:count` beside it."""
        return f"{self.prefix}:dead_letters"

    @property
    def delayed(self) -> str:
        """Sorted set: messages with an `eta` (queue, line end, message) -> when they are due."""
        return f"{self.prefix}:delayed"

    @property
    def watchdog(self) -> str:
        """Plain string: workers write it to see that Redis can be written."""
        return f"{self.prefix}:watchdog"

    def of_claim(self, operation: str, root: str, path: Sequence[str]) -> list[str]:
        """Return the keys of `claim.lua`: of an operation in a run, and of the flows around it."""
        return [
            self.entry(operation),
            self.landing,
            self.due,
            self.runs,
            self.run(root),
            self.deliveries,
            self.open_steps(operation),
            self.made(operation),
            self.open,
            *(key for flow in path for key in (self.entry(flow), self.open_steps(flow))),
        ]

    def of_end(self, operation: str, flow: str | None) -> list[str]:
        """Return the keys of `finish.lua`: of an operation, and of the flow whose step it is."""
        keys = [self.entry(operation), self.due, self.landing, self.deliveries, self.open]
        keys.append(self.counters)
        if flow:
            keys += [self.entry(flow), self.open_steps(flow), self.made(flow), self.made(operation)]
        return keys

    def of_parking(self, operation: str, target: str, ref: str) -> list[str]:
        """Return the keys of `park.lua`: of an operation that waits for a task of a target."""
        return [
            self.entry(operation),
            self.parked(target),
            self.early(target) + ref,
            self.lease(target),
            self.armed(target),
            self.targets,
            self.due,
            self.connections,
            self.guests(target),
        ]
