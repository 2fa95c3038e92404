"""The journal: what is known of each operation, kept in Redis, changed only by atomic scripts.

A delivery claims the entry of its operation before it does anything. The claim gives it a fence;
every later write of that delivery carries the fence and is refused once somebody else has claimed
the entry, so that a worker that was frozen and wakes up cannot act on what another took over. What
an entry holds:

    name, root, path, target,
    inputs, message, deadline      set by the first claim, never changed
    undoes                         "1" for a step that undoes: for people
    phase                          running, parked, landed, resting, ended: for people alone
    holder, held_until, fence      who may act, and until when (milliseconds)
    leg:<n>  ref:<n>  outcome:<n>  intent, XenServer's task, how it ended
    parked:<n>  landed:<n>         when that was: for people
    known                          look-ups: a name goes on meaning what it meant first
    failing, called_off            why the operation is to end early
    answer or fault, ended, told   the end, and that Celery has passed it on
"""

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasks.engine.journal import scripts
from tasks.engine.journal.keys import Keys

if TYPE_CHECKING:
    from redis import Redis

CALL_BACK_AGAIN = 10  # seconds until a landing that no worker claimed is sent again

Json = Any  # a JSON document: what it holds is the caller's business


@dataclass
class Entry:
    """One operation as the journal knows it, in the hands of the delivery that claimed it."""

    id: str
    word: str
    fence: str
    fields: dict[str, str]
    known: dict[str, str] = field(default_factory=dict)
    noted: dict[str, str] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether this is the first delivery that claims the operation."""
        return self.fence == "1"

    def get(self, name: str) -> Json:
        """Read a field as JSON; None when it is not there."""
        value = self.fields.get(name)
        return None if value is None else json.loads(value)

    def number(self, name: str) -> float:
        """Read a field as a number; 0 when it is not there."""
        return float(self.fields.get(name, 0))

    def note(self, name: str, value: str) -> None:
        """Note a field; it is written with the next write."""
        self.fields[name] = self.noted[name] = value

    def landed(self, leg: str, outcome: str, written: Mapping[str, str]) -> Json:
        """Take over what a script wrote when it found that a leg had landed; return the outcome."""
        self.fields.update(written)
        self.fields[f"outcome:{leg}"] = outcome
        return json.loads(outcome)

    def news(self) -> dict[str, str]:
        """Return what was noted and looked up since the claim, to be written."""
        known = json.dumps(self.known, sort_keys=True)
        if self.known and known != self.fields.get("known"):
            return {**self.noted, "known": known}
        return dict(self.noted)


@dataclass(frozen=True)
class Place:
    """Where an operation stands: its run, and the flows around it, outermost first."""

    root: str
    path: tuple[str, ...] = ()
    undoes: bool = False

    @property
    def flow(self) -> str | None:
        """The flow whose step this is."""
        return self.path[-1] if self.path else None


class Journal:
    """Read and write entries. Every public verb is one script, or one command."""

    def __init__(self, redis: "Redis", keys: Keys, *, lease: float, keep: int) -> None:
        self.redis = redis
        self.keys = keys
        self.lease_ms = int(lease * 1000)
        self.keep = keep
        self._scripts = scripts.Scripts(redis)

    def claim(self, operation: str, place: Place, first: Mapping[str, str]) -> Entry:
        """Take an operation in hand; `first` is written when nobody has claimed it before.

        The word of the entry says what came of it: claimed, held (by a living delivery), ended,
        fallen (its flow is failing).
        """
        keys = self.keys
        flows = [name for f in place.path for name in (keys.entry(f), keys.open_steps(f))]
        word, fence, flat = self._scripts.run(
            "claim",
            [
                keys.entry(operation),
                keys.landing,
                keys.due,
                keys.runs,
                keys.run(place.root),
                *flows,
            ],
            [
                operation,
                uuid.uuid4().hex,
                self.lease_ms,
                self._lifetime(first),
                place.root,
                int(place.undoes),
                *scripts.flat(first),
            ],
        )
        fields = dict(scripts.pairs(flat))
        entry = Entry(operation, scripts.text(word), scripts.text(fence), fields)
        entry.known = entry.get("known") or {}
        return entry

    def _lifetime(self, fields: Mapping[str, str]) -> int:
        """Return the seconds for which an entry is kept: beyond its deadline."""
        return self.keep + max(int(float(fields.get("deadline", 0)) - time.time()), 0)

    def renew(self, entries: Sequence[tuple[str, str]]) -> None:
        """Prolong the leases of operations (id, fence) that this process holds."""
        self._scripts.run(
            "renew",
            [self.keys.entry(operation) for operation, _ in entries],
            [self.lease_ms, *(fence for _, fence in entries)],
        )

    def write(self, entry: Entry, fields: Mapping[str, str]) -> None:
        """Write fields, and what was looked up; raise Overtaken when others hold the entry."""
        fields = {**fields, **entry.news()}
        self._scripts.run(
            "write", [self.keys.entry(entry.id)], [entry.fence, *scripts.flat(fields)]
        )
        entry.fields.update(fields)

    def rest(
        self, entry: Entry, *, until: float, phase: str = "resting", leg: str = "", **fields: str
    ) -> Json:
        """Let go until a moment or until `leg` lands; return its outcome if that came first."""
        changes = {**fields, **entry.news()}
        word, outcome = scripts.texts(
            self._scripts.run(
                "rest",
                [self.keys.entry(entry.id), self.keys.due],
                [entry.fence, entry.id, leg, until, phase, *scripts.flat(changes)],
            )
        )
        return entry.landed(leg, outcome, changes) if word == "landed" else None

    def finish(
        self,
        entry: Entry,
        place: Place,
        *,
        answer: Json = None,
        fault: Json = None,
        made: Sequence[Json] = (),
    ) -> str:
        """End with an answer or a fault; return the message of a flow to call back, or ""."""
        keys = self.keys
        names = [keys.entry(entry.id), keys.due, keys.landing]
        if place.flow:
            names += [keys.entry(place.flow), keys.open_steps(place.flow)]
            names += [keys.made(place.flow), keys.made(entry.id)]
        kind, document = ("fault", fault) if fault is not None else ("answer", answer)
        failing = {"step": entry.id, "name": entry.fields["name"], "error": fault}
        return scripts.text(
            self._scripts.run(
                "finish",
                names,
                [
                    entry.fence,
                    entry.id,
                    kind,
                    json.dumps(document),
                    int(place.undoes),
                    CALL_BACK_AGAIN,
                    self._lifetime(entry.fields),
                    place.flow or "",
                    json.dumps(failing),
                    *(json.dumps(thing, sort_keys=True) for thing in made),
                ],
            )
        )

    def settle(self, operation: str, leg: str, outcome: Json) -> str:
        """Land a leg by its name; return the message to send, or "" when it landed before."""
        keys = self.keys
        return scripts.text(
            self._scripts.run(
                "settle",
                [keys.entry(operation), keys.landing, keys.due],
                [operation, leg, json.dumps(outcome), CALL_BACK_AGAIN],
            )
        )

    def call_off(self, operation: str, word: str) -> tuple[str, str]:
        """Ask an operation to stop; return what came of it and the message to send.

        What came of it: unknown, ended, asked before, or asked.
        """
        found, message = scripts.texts(
            self._scripts.run(
                "call_off",
                [self.keys.entry(operation), self.keys.landing],
                [operation, word, CALL_BACK_AGAIN],
            )
        )
        return found, message

    def fail_flow(self, flow: str, failing: Json) -> None:
        """Mark a flow as failing, unless it is: from now on no step of it begins."""
        self.redis.hsetnx(self.keys.entry(flow), "failing", json.dumps(failing))

    def awake(self, most: int = 100) -> list[str]:
        """Return the messages of those whose moment has come, and of landings nobody claimed."""
        keys = self.keys
        answer = self._scripts.run(
            "awake", [keys.due, keys.landing], [keys.entries, most, CALL_BACK_AGAIN]
        )
        return [message for _, message in scripts.pairs(answer)]

    def knows(self, operation: str) -> bool:
        """Return whether an operation has begun."""
        return bool(self.redis.exists(self.keys.entry(operation)))

    def told(self, operation: str) -> None:
        """Note that Celery has stored and passed on the end of an operation."""
        self.redis.hset(self.keys.entry(operation), "told", "1")

    def read(self, operation: str) -> dict[str, str]:
        """Return all fields of an entry; empty when it is not known."""
        return scripts.fields(self.redis.hgetall(self.keys.entry(operation)))

    def open_steps(self, flow: str) -> list[str]:
        """Return the steps of a flow that began and have not ended."""
        return scripts.texts(list(self.redis.smembers(self.keys.open_steps(flow))))

    def made(self, flow: str) -> list[Json]:
        """Return what the steps of a flow made, last made first."""
        found = self.redis.zrevrange(self.keys.made(flow), 0, -1)
        return [json.loads(scripts.text(thing)) for thing in found]

    def run(self, root: str) -> list[str]:
        """Return the operations of a run in the order in which they began."""
        return scripts.texts(self.redis.zrange(self.keys.run(root), 0, -1))

    def runs(self, *, most: int, since: float = 0.0) -> list[str]:
        """Return the latest runs, newest first."""
        found = self.redis.zrevrangebyscore(self.keys.runs, "+inf", since, start=0, num=most)
        return scripts.texts(found)
