"""Parked operations: which XenServer task each waits for, and how those that ended land.

Parking and landing are atomic, in either order: an end that was seen before its operation was
parked waits as an *early* outcome, and parking finds it. A parked operation holds no slot, no
thread and no connection, only its entry in the journal.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.engine.journal import record_hash, scripts
from tasks.engine.journal.entry import Entry, Sending
from tasks.engine.journal.journal import RESEND_CHECK, Journal, sendings
from tasks.engine.journal.record import Document, Outcome

HEALTH_FOR = 3600  # seconds an error is remembered when nobody looks any more
EARLY_FOR = 600  # seconds the outcome of one of our tasks waits for its operation to park
GONE_FOR = 120  # seconds that any task's disappearance does, as nobody can tell whose it was


@dataclass(frozen=True)
class Ended:
    """The end of one XenServer task; kept for this many seconds if nobody is parked yet."""

    ref: str
    outcome: Outcome
    keep: int = 0


@dataclass(frozen=True)
class Parked:
    """The result of parking: the outcome, if there already; else whether to send a poller."""

    outcome: Outcome | None
    poller_wanted: bool = False


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
        label: str,
        ref: str,
        target: str,
        connection: Document,
        wake: float,
        is_guest: bool = False,
    ) -> Parked:
        """Park a suspension point under a reference, to be woken at a moment in any case."""
        keys = self.keys
        outcome, wanted = scripts.texts(
            self._scripts.run(
                "park",
                keys.of_parking(entry.id, target, ref),
                [
                    entry.record.fencing_token,
                    entry.id,
                    label,
                    ref,
                    wake,
                    target,
                    json.dumps(connection),
                    int(is_guest),
                    keys.entries,
                    *scripts.flat(entry.unsaved()),
                ],
            )
        )
        entry.saved()
        found = entry.landed(label, outcome) if outcome else None
        if found:
            entry.forget_calls()
        return Parked(found, poller_wanted=wanted == "1")

    def land(self, target: str, ended: Iterable[Ended]) -> list[Sending]:
        """Write outcomes into the journal; return the messages to send again."""
        keys = self.keys
        parts = [
            part for end in ended for part in (end.ref, record_hash.text(end.outcome), end.keep)
        ]
        if not parts:
            return []
        answer = self._scripts.run(
            "land",
            [keys.parked(target), keys.landing, keys.due, keys.guests(target), keys.deliveries],
            [keys.entries, keys.early(target), RESEND_CHECK, *parts],
        )
        return sendings(answer)

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
        parts = [
            part
            for ref, figure in progress.items()
            for part in (ref, figure, document.replace('"%PROGRESS%"', str(figure)))
        ]
        if parts:
            keys = self.keys
            self._scripts.run(
                "progress", [keys.parked(target)], [keys.entries, results, expires, *parts]
            )

    def refs(self, target: str) -> list[str]:
        """Return the references of all XenServer tasks that something waits for."""
        return scripts.texts(list(self.redis.hkeys(self.keys.parked(target))))

    def guests(self, target: str) -> list[str]:
        """Return what those who wait for guests are parked under, see `GuestWait`."""
        return scripts.texts(list(self.redis.smembers(self.keys.guests(target))))

    def leave(self, target: str, ref: str) -> None:
        """Stop waiting under a reference that one operation alone is parked under."""
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

    def connection(self, target: str) -> Document:
        """Return how to reach a target, as the message that parked there has it."""
        found = self.redis.hget(self.keys.connections, target)
        return dict(json.loads(scripts.text(found))) if found else {}

    def without_poller(self) -> list[str]:
        """Return the targets with something parked and no poller; arm each for some seconds."""
        return [t for t in self.targets() if self.count(t) and self._arm(t)]

    def _arm(self, target: str) -> bool:
        keys = self.keys
        if self.redis.exists(keys.lease(target)):
            return False
        return bool(self.redis.set(keys.armed(target), "1", nx=True, ex=5))

    def take_lease(self, target: str, holder: str, ms: int) -> bool:
        """Take or renew the lease of the one poller of a target."""
        names = [self.keys.lease(target), self.keys.armed(target)]
        return bool(self._scripts.run("lease_take", names, [holder, ms]))

    def safety_is_due(self, target: str, every: float) -> bool:
        """Return, once in this many seconds, that all tasks of a target are to be read."""
        name = self.keys.safety(target)
        return bool(self.redis.set(name, "1", nx=True, px=int(every * 1000)))

    def note_error(self, target: str, error: str, pause: float) -> None:
        """Note that the poller cannot reach a target, for people to see."""
        name, now = self.keys.health(target), self.journal.now()
        self.redis.hset(name, mapping={"error": error, "at": now, "next": now + pause})
        self.redis.expire(name, HEALTH_FOR)

    def note_look(self, target: str) -> None:
        """Note that the poller has read the tasks of a target."""
        self.redis.set(self.keys.polled(target), "1", ex=HEALTH_FOR)

    def forget_error(self, target: str) -> None:
        """Note that the poller reaches a target again."""
        self.redis.delete(self.keys.health(target))

    def health(self, target: str) -> dict[str, str]:
        """Return the last error of the poller with a target, if any: error, at, next look."""
        return scripts.fields(self.redis.hgetall(self.keys.health(target)))

    def end_lease(self, target: str, holder: str) -> bool:
        """Stop being the poller of a target; return whether another slice is wanted."""
        keys = self.keys
        names = [keys.lease(target), keys.parked(target), keys.targets, keys.connections]
        return bool(self._scripts.run("lease_end", names, [holder, target]))
