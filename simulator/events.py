"""Events: `event.from` with tokens, and the older queue of each session.

`event.from` looks at the tables when it is asked and never stores events; the old calls
(`register`, `next`) look the same way from a cursor kept per session. (xapi_event.ml)
"""

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from simulator.errors import Failure, invalid_handle
from simulator.tables import Database, Row, Table

FOREVER = 24 * 3600.0
BATCH_SECONDS = 0.05
FIRST_READ_SECONDS = 0.2
SILENT = frozenset({"session", "user", "data_source", "auth"})

_NOT_IN_DATABASE = frozenset({"message", "role"})
"""Classes whose objects the toolstack keeps outside its database, so that it counts none."""

_NUMBER = re.compile(r"[-+]?\d[\d_]*")
_LAST_NUMBER = 2**63 - 1
_NUMBERS_OF_A_TOKEN = 2
_OPERATIONS = ("add", "mod", "del")


@dataclass(frozen=True, slots=True)
class Subscription:
    """The classes and single objects that a client subscribes to."""

    everything: bool
    classes: frozenset[str]
    objects: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """Read `*`, `vm` and `vm/OpaqueRef:...`; the class in any case."""
        words = list(words)
        split = [word.partition("/") for word in words]
        return cls(
            everything="*" in words,
            classes=frozenset(name.lower() for name, slash, _ in split if not slash),
            objects=frozenset((name.lower(), ref) for name, slash, ref in split if slash),
        )

    def tables(self, tables: Mapping[str, Table]) -> list[Table]:
        """Return the tables of the subscribed classes."""
        named = self.classes | {cls for cls, _ in self.objects}
        return [
            table
            for name, table in tables.items()
            if (self.everything or name.lower() in named) and name not in SILENT and table.cls.known
        ]

    def matches(self, name: str, ref: str) -> bool:
        """Return whether the subscription covers an object."""
        return self.everything or name in self.classes or (name, ref) in self.objects

    def keys(self, tables: Mapping[str, Table]) -> list[str]:
        """Return the keys to watch in the database."""
        if self.everything:
            return ["*"]
        whole = [name for name in tables if name.lower() in self.classes]
        return [*whole, *(ref for _, ref in self.objects)]

    @property
    def tasks_only(self) -> bool:
        """Return whether the subscription covers tasks only; those are reported without delay."""
        return not self.everything and {*self.classes, *(c for c, _ in self.objects)} == {"task"}


@dataclass(slots=True)
class Queue:
    """The subscription of a session to `event.next`."""

    words: set[str] = field(default_factory=set)
    cursor: int = 0


class Events:
    """Answers the event calls of a pool."""

    def __init__(self, db: Database, is_open: Callable[[str], bool]) -> None:
        self._db = db
        self._is_open = is_open
        self._queues: dict[str, Queue] = {}

    async def since(
        self, session: str, classes: list[str], token: str, seconds: float
    ) -> dict[str, Any]:
        """Wait for changes after the token; return them with the next token.

        When the (real) seconds are over the answer is empty. Wakes with SESSION_INVALID at logout.
        """
        generation = _parse(token)
        wanted = Subscription.of(classes)
        deadline = time.monotonic() + (seconds if seconds >= 0 else FOREVER)
        if seconds and not wanted.tasks_only:
            await self._pause(session, min(BATCH_SECONDS, seconds))
        while not (found := self._changes(wanted, generation)):
            left = deadline - time.monotonic()
            if left <= 0:
                return self._batch([], max(generation, 0) or self._db.generation)
            await self._wait(session, wanted, left)
        return self._batch(found, self._db.generation)

    def inject(self, cls: str, ref: str) -> str:
        """Force a `mod` of an object; return the token just before it."""
        table = self._table(cls)
        if table is None or ref not in table.rows:
            raise invalid_handle(cls, ref)
        before = self._db.generation
        self._db.touch(table.cls.name, ref)
        return _token(before)

    def current(self) -> int:
        """Return the number of the latest event."""
        return self._db.generation

    def register(self, session: str, classes: list[str]) -> None:
        """Add classes to the session's subscription."""
        queue = self._queues.setdefault(session, Queue(cursor=self._db.generation))
        queue.words.update(classes)

    def unregister(self, session: str, classes: list[str]) -> None:
        """Remove exactly these entries from the session's subscription."""
        self._queue(session).words.difference_update(classes)

    async def next(self, session: str) -> list[dict[str, Any]]:
        """Wait without limit for events of the session's subscription."""
        queue = self._queue(session)
        await self._pause(session, FIRST_READ_SECONDS)
        while not (found := self._changes(Subscription.of(queue.words), queue.cursor)):
            await self._wait(session, Subscription.of(queue.words), FOREVER)
        queue.cursor = self._db.generation
        stamp = f"{int(time.time())}."
        return [{**event, "timestamp": stamp} for event in found]

    def forget(self) -> None:
        """Delete all subscriptions, as a toolstack restart does."""
        self._queues.clear()

    def _queue(self, session: str) -> Queue:
        if session not in self._queues:
            track = hashlib.md5(session.encode(), usedforsecurity=False).hexdigest()
            raise Failure("SESSION_NOT_REGISTERED", f"trackid={track}")
        return self._queues[session]

    def _table(self, cls: str) -> Table | None:
        matches = (t for name, t in self._db.tables.items() if name.lower() == cls.lower())
        return next(matches, None)

    async def _pause(self, session: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._check(session)

    async def _wait(self, session: str, wanted: Subscription, seconds: float) -> None:
        change = self._db.watch(session, *wanted.keys(self._db.tables))
        await asyncio.wait([change], timeout=seconds)
        if not change.cancel():
            await asyncio.sleep(min(BATCH_SECONDS, seconds))
        self._check(session)

    def _check(self, session: str) -> None:
        if not self._is_open(session):
            self._queues.pop(session, None)
            raise Failure("SESSION_INVALID", session)

    def _changes(self, wanted: Subscription, generation: int) -> list[dict[str, Any]]:
        """Return messages first, then additions, changes, deletions; at most one per object."""
        tables = wanted.tables(self._db.tables)
        found = [event for table in tables for event in _of_table(table, wanted, generation)]
        return sorted(found, key=_rank)

    def _batch(self, events: list[dict[str, Any]], generation: int) -> dict[str, Any]:
        return {
            "events": events,
            "valid_ref_counts": self._counts(),
            "token": _token(generation),
        }

    def _counts(self) -> dict[str, int]:
        """Return the number of rows of every class, stored or not."""
        classes = [cls.name for cls in self._db.model.classes.values() if cls.known]
        counts = {name.lower(): len(table.rows) for name, table in self._db.tables.items()}
        return {
            name.lower(): 0 if name in _NOT_IN_DATABASE else counts.get(name.lower(), 0)
            for name in classes
        }


def _of_table(table: Table, wanted: Subscription, generation: int) -> list[dict[str, Any]]:
    name = table.cls.name.lower()
    found = [
        _event(name, "add" if row.created > generation else "mod", row)
        for row in _rows(table, wanted, generation)
    ]
    if generation >= 0:
        found += [
            _shell(name, "del", gone.ref, gone.deleted)
            for gone in table.deletions
            if gone.created <= generation < gone.deleted and wanted.matches(name, gone.ref)
        ]
    return found


def _rows(table: Table, wanted: Subscription, generation: int) -> Iterable[Row]:
    """Return the rows of interest that changed; single objects are looked up, not searched for."""
    name = table.cls.name.lower()
    if wanted.everything or name in wanted.classes:
        return table.changed_since(generation)
    named = (table.rows.get(ref) for cls, ref in wanted.objects if cls == name)
    return [row for row in named if row and row.modified > generation]


def _event(name: str, operation: str, row: Row) -> dict[str, Any]:
    return {**_shell(name, operation, row.ref, row.modified), "snapshot": row}


def _shell(name: str, operation: str, ref: str, generation: int) -> dict[str, Any]:
    return {
        "id": str(generation),
        "timestamp": "0.0",
        "class": name,
        "operation": operation,
        "ref": ref,
    }


def _rank(event: dict[str, Any]) -> tuple[bool, int, int]:
    return (
        event["class"] != "message",
        _OPERATIONS.index(event["operation"]),
        int(event["id"]),
    )


def _token(generation: int) -> str:
    return f"{generation:020d},{0:020d}"


def _parse(token: str) -> int:
    """Return the generation in a token; -1, before everything, for the empty one."""
    if not token:
        return -1
    numbers = token.split(",")
    if len(numbers) != _NUMBERS_OF_A_TOKEN or not all(map(_is_number, numbers)):
        raise Failure("EVENT_FROM_TOKEN_PARSE_FAILURE", token)
    return max(int(numbers[0]), 0)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and -_LAST_NUMBER - 1 <= int(text) <= _LAST_NUMBER
