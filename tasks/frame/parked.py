"""Parked operations: which XenServer task each waits for, and the landing of those that ended.

Parking and landing are atomic, in either order: an end that was seen before its operation was parked waits as an *early* outcome, and
parking finds it. A parked operation holds no slot, no thread and no connection, only its entry in the journal.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.frame import scripts
from tasks.frame.journal import CALL_BACK_AGAIN, Entry, Journal

HEALTH_FOR = 3600  # seconds a trouble is remembered when nobody looks any more
EARLY_FOR = 600  # seconds an outcome waits for its operation to be parked; launching takes one call, so minutes are plenty


@dataclass(frozen=True)
class Ended:
    """The end of one XenServer task: `outcome` is {status, result, error_info, finished}."""

    ref: str
    outcome: Mapping[str, Any]
    tagged: bool


class Parked:
    """Park, land and count, per target."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.redis = journal.redis
        self.keys = journal.keys
        self._scripts = scripts.Scripts(journal.redis)

    def park(  # noqa: PLR0913 - each is a fact of the parking, and all are named at the call
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
        """Park an operation under a XenServer task; give (outcome, False) when it ended already, else (None, poller wanted)."""
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
                ],
                [
                    entry.fence,
                    entry.id,
                    leg,
                    ref,
                    wake,
                    target,
                    json.dumps(connection),
                    *(part for pair in changes.items() for part in pair),
                ],
            )
        )
        return (json.loads(rest), False) if word == "landed" else (None, rest == "1")

    def land(self, target: str, ended: Iterable[Ended]) -> list[str]:
        """Write outcomes into the journal; give the messages to send again."""
        keys = self.keys
        told = [
            part for end in ended for part in (end.ref, json.dumps(end.outcome), int(end.tagged))
        ]
        if not told:
            return []
        answer = self._scripts.run(
            "land",
            [keys.parked(target), keys.landing, keys.due],
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
        """Write the progress of parked operations where people look: the journal and the result backend.

        `document` is the result as the backend encodes it, with "%ID%" for the id and "%PROGRESS%" for the figure.
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
        """Give the references of all XenServer tasks that something waits for."""
        return scripts.texts(list(self.redis.hkeys(self.keys.parked(target))))

    def count(self, target: str) -> int:
        """Count what is parked on a target."""
        return int(self.redis.hlen(self.keys.parked(target)))

    def targets(self) -> list[str]:
        """Give the targets on which something is, or lately was, parked."""
        return scripts.texts(list(self.redis.smembers(self.keys.targets)))

    def connection(self, target: str) -> dict[str, Any]:
        """Give how to reach a target, as the message that parked there said it."""
        found = self.redis.hget(self.keys.connections, target)
        return dict(json.loads(scripts.text(found))) if found else {}

    def orphans(self) -> list[str]:
        """Give the targets that have something parked and no poller, and arm each once for some seconds."""
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
        """Give the poller's trouble with a target: error, at, next (epoch seconds); empty when there is none."""
        found = self.redis.hgetall(self.keys.health(target))
        return {scripts.text(k): scripts.text(v) for k, v in found.items()}

    def end_lease(self, target: str, holder: str) -> bool:
        """Stop being the poller of a target; tell whether something is parked, so that another slice is wanted."""
        keys = self.keys
        names = [keys.lease(target), keys.parked(target), keys.targets]
        return bool(self._scripts.run("lease_end", names, [holder, target]))
