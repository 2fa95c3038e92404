"""Answers of `event.from`: what has changed since a token (xapi_event.ml).

It looks at the tables when it is asked and stores nothing. A token has two generations: the latest
change that was reported, and the latest message, for the toolstack keeps messages elsewhere.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from simulator.errors import Failure, invalid_handle
from simulator.event_queue import EventQueue
from simulator.subscriptions import Subscription
from simulator.tables import Database, Row, Table

FOREVER = 24 * 3600.0
BATCH_SECONDS = 0.05

_MESSAGE = "message"
_NOT_IN_DATABASE = frozenset({_MESSAGE, "role"})
"""Classes whose objects the toolstack keeps outside its database, so that it counts none."""

_NUMBER = re.compile(r"[-+]?\d[\d_]*")
_LAST_NUMBER = 2**63 - 1
_OPERATIONS = ("add", "mod", "del")


class Token(NamedTuple):
    """The generations up to which changes and messages were reported."""

    changes: int = 0
    messages: int = 0

    def __str__(self) -> str:
        """Return the token as clients get it."""
        return f"{self.changes:020d},{self.messages:020d}"


class Change(NamedTuple):
    """A change, ordered as in a batch."""

    rank: int
    generation: int
    event: dict[str, Any]


class Events:
    """Answers the event calls of a pool; `queue` is that of the older ones."""

    def __init__(self, db: Database, is_open: Callable[[str], bool]) -> None:
        self.queue = EventQueue(db)
        self._db = db
        self._is_open = is_open

    async def since(
        self, session: str, classes: list[str], token: str, seconds: float
    ) -> dict[str, Any]:
        """Wait for changes after the token; return them with the next token.

        When the (real) seconds are over the answer is empty. Wakes with SESSION_INVALID at logout.
        """
        seen = _parse(token)
        wanted = Subscription.of(classes)
        deadline = time.monotonic() + (seconds if seconds >= 0 else FOREVER)
        if seconds and not wanted.tasks_only:
            await self._pause(session, min(BATCH_SECONDS, seconds))
        while not (found := self._changes(wanted, seen)):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            await self._wait(session, wanted, left)
        return self._batch(found, _after(seen, found, wanted))

    def inject(self, cls: str, ref: str) -> str:
        """Force a `mod` of an object; return the token just before it."""
        table = self._db.tables.get(cls)
        if table is None or ref not in table.rows:
            raise invalid_handle(cls, ref)
        before = self._db.generation
        self._db.touch(cls, ref)
        return str(Token(before))

    def heartbeat(self) -> None:
        """Queue a change of the pool that is none, so that idle connections stay open."""
        for row in self._db.tables["pool"].rows.values():
            self.queue.add("mod", row)

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
            raise Failure("SESSION_INVALID", session)

    def _changes(self, wanted: Subscription, seen: Token) -> list[Change]:
        """Return messages first, then additions, changes, deletions; at most one per object."""
        tables = wanted.tables(self._db.tables)
        found = (change for table in tables for change in _of_table(table, wanted, seen))
        return sorted(found, key=lambda change: change[:2])

    def _batch(self, found: list[Change], token: Token) -> dict[str, Any]:
        return {
            "events": [change.event for change in found],
            "valid_ref_counts": self._counts(),
            "token": str(token),
        }

    def _counts(self) -> dict[str, int]:
        """Return the number of rows of every class, stored or not."""
        classes = [cls.name for cls in self._db.model.classes.values() if cls.known]
        counts = {name.lower(): len(table.rows) for name, table in self._db.tables.items()}
        return {
            name.lower(): 0 if name in _NOT_IN_DATABASE else counts.get(name.lower(), 0)
            for name in classes
        }


def _after(seen: Token, found: list[Change], wanted: Subscription) -> Token:
    """Return the token of a batch: nothing that was not reported counts as seen."""
    messages = [each.generation for each in found if each.event["class"] == _MESSAGE]
    others = [each.generation for each in found if each.event["class"] != _MESSAGE]
    reported = max([seen.messages, *messages, 0]) if wanted.matches(_MESSAGE, "") else 0
    return Token(max([seen.changes, *others]), reported)


def _of_table(table: Table, wanted: Subscription, seen: Token) -> Iterator[Change]:
    name = table.cls.name.lower()
    since = seen.messages if name == _MESSAGE else seen.changes
    for row in _rows(table, wanted, since):
        operation = "add" if row.created > since else "mod"
        yield _change(name, operation, row.ref, row.modified, snapshot=row)
    for gone in table.deletions:
        if gone.created <= since < gone.deleted and wanted.matches(name, gone.ref):
            yield _change(name, "del", gone.ref, gone.deleted)


def _rows(table: Table, wanted: Subscription, since: int) -> Iterable[Row]:
    """Return the rows of interest that changed; single objects are looked up, not searched for."""
    name = table.cls.name.lower()
    if wanted.everything or name in wanted.classes:
        return table.changed_since(since)
    named = (table.rows.get(ref) for cls, ref in wanted.objects if cls == name)
    return [row for row in named if row and row.modified > since]


def _change(name: str, operation: str, ref: str, generation: int, **more: Row) -> Change:
    message = name == _MESSAGE
    event = {
        "id": "0" if message else str(generation),
        "timestamp": "0.0",
        "class": name,
        "operation": operation,
        "ref": ref,
        **more,
    }
    return Change(-1 if message else _OPERATIONS.index(operation), generation, event)


def _parse(token: str) -> Token:
    """Return the generations in a token; the empty one is before everything."""
    if not token:
        return Token()
    numbers = token.split(",")
    if len(numbers) != len(Token._fields) or not all(map(_is_number, numbers)):
        raise Failure("EVENT_FROM_TOKEN_PARSE_FAILURE", token)
    return Token(*map(int, numbers))


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and -_LAST_NUMBER - 1 <= int(text) <= _LAST_NUMBER
