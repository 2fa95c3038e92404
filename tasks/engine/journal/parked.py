"""Parked operations: which XenServer task each waits for, and how those that ended land.

Parking and landing are atomic, in either order: an end that was seen before its operation was
parked waits as an *early* outcome, and parking finds it. A parked operation holds no slot, no
thread and no connection, only its entry in the journal.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.engine.journal import scripts
from tasks.engine.journal.journal import CALL_BACK_AGAIN, Entry, Journal

HEALTH_FOR = 3600  # seconds a trouble is remembered when nobody looks any more
EARLY_FOR = 600  # seconds an outcome waits for its operation to park, which is a call away


@dataclass(frozen=True)
class Ended:
    """The end of one XenServer task: `outcome` is {status, result, error_info, finished}."""

    ref: str
    outcome: Mapping[str, Any]
    tagged: bool


class ParkedOperations:
    """Park, land and count, per target."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.redis = journal.redis
        self.keys = journal.keys
        self._scripts = scripts.Scripts(journal.redis)

    def park(
        self,
        entry: Entry,
        *,
        leg: str,
        ref: str,
        target: str,
        connection: Mapping[str, Any],
        wake: float,
        **fields: str,
    ) -> tuple[Any, bool]:
        """Park under a XenServer task; give (None, poller wanted), or (outcome, False)."""
        keys = self.keys
        changes = {**fields, **entry.news()}
        word, rest = scripts.texts(
            self._scripts.run(
                "park",
                [
                    keys.entry(entry.id),
                    keys.parked(target),
                    keys.early(target) + ref,
                    keys.lease(target),
                    keys.armed(target),
                    keys.targets,
                    keys.due,
                    keys.connections,
                    keys.guests(target),
                ],
                [
                    entry.fence,
                    entry.id,
                    leg,
                    ref,
                    wake,
                    target,
                    json.dumps(connection),
                    *scripts.flat(changes),
                ],
            )
        )
        if word == "landed":
            return entry.landed(leg, rest, changes), False
        return None, rest == "1"

    def land(self, target: str, ended: Iterable[Ended]) -> list[str]:
        """Write outcomes into the journal; return the messages to send again."""
        keys = self.keys
        told = [
            part for end in ended for part in (end.ref, json.dumps(end.outcome), int(end.tagged))
        ]
        if not told:
            return []
        answer = self._scripts.run(
            "land",
            [keys.parked(target), keys.landing, keys.due, keys.guests(target)],
            [keys.entries, keys.early(target), EARLY_FOR, CALL_BACK_AGAIN, *told],
        )
        return [message for _, message in scripts.pairs(answer)]

    def show_progress(
        self,
        target: str,
        progress: Mapping[str, float],
        *,
        results: str,
        document: str,
        expires: int,
    ) -> None:
        """Write progress where people look: into the journal and the result backend.

        `document` is the result as the backend encodes it, with "%ID%" for the id and "%PROGRESS%"
        for the figure.
        """
        told = [
            part
            for ref, figure in progress.items()
            for part in (ref, figure, document.replace('"%PROGRESS%"', str(figure)))
        ]
        if told:
            keys = self.keys
            self._scripts.run(
                "progress", [keys.parked(target)], [keys.entries, results, expires, *told]
            )

    def refs(self, target: str) -> list[str]:
        """Return the references of all XenServer tasks that something waits for."""
        return scripts.texts(list(self.redis.hkeys(self.keys.parked(target))))

    def guests(self, target: str) -> list[str]:
        """Return what those who wait for guests are parked under, see `guests.py`."""
        return scripts.texts(list(self.redis.smembers(self.keys.guests(target))))

    def leave(self, target: str, ref: str) -> None:
        """Wait no longer under a reference that one operation alone is parked under."""
        with self.redis.pipeline() as steps:
            steps.hdel(self.keys.parked(target), ref)
            steps.srem(self.keys.guests(target), ref)
            steps.execute()

    def count(self, target: str) -> int:
        """Count what is parked on a target."""
        return int(self.redis.hlen(self.keys.parked(target)))

    def targets(self) -> list[str]:
        """Return the targets on which something is, or lately was, parked."""
        return scripts.texts(list(self.redis.smembers(self.keys.targets)))

    def connection(self, target: str) -> dict[str, Any]:
        """Return how to reach a target, as the message that parked there said it."""
        found = self.redis.hget(self.keys.connections, target)
        return dict(json.loads(scripts.text(found))) if found else {}

    def orphans(self) -> list[str]:
        """Return the targets with something parked and no poller; arm each for some seconds."""
        return [t for t in self.targets() if self.count(t) and self._arm(t)]

    def _arm(self, target: str) -> bool:
        keys = self.keys
        if self.redis.exists(keys.lease(target)):
            return False
        return bool(self.redis.set(keys.armed(target), "1", nx=True, ex=5))

    def take_lease(self, target: str, holder: str, ms: int) -> bool:
        """Become, or stay, the one poller of a target."""
        names = [self.keys.lease(target), self.keys.armed(target)]
        return bool(self._scripts.run("lease_take", names, [holder, ms]))

    def safety_is_due(self, target: str, every: float) -> bool:
        """Tell, once in so many seconds, that all tasks of a target are to be read."""
        name = self.keys.safety(target)
        return bool(self.redis.set(name, "1", nx=True, px=int(every * 1000)))

    def troubled(self, target: str, error: str, pause: float) -> None:
        """Note that the poller cannot reach a target, for people to see."""
        name = self.keys.health(target)
        self.redis.hset(
            name, mapping={"error": error, "at": time.time(), "next": time.time() + pause}
        )
        self.redis.expire(name, HEALTH_FOR)

    def healthy(self, target: str) -> None:
        """Note that the poller reaches a target again."""
        self.redis.delete(self.keys.health(target))

    def health(self, target: str) -> dict[str, str]:
        """Return the poller's trouble with a target, if any: error, at, next (epoch seconds)."""
        return scripts.fields(self.redis.hgetall(self.keys.health(target)))

    def end_lease(self, target: str, holder: str) -> bool:
        """Stop being the poller of a target; tell whether another slice is wanted."""
        keys = self.keys
        names = [keys.lease(target), keys.parked(target), keys.targets]
        return bool(self._scripts.run("lease_end", names, [holder, target]))
