"""The queue of `event.next`: every event by itself, in order, bounded in size (xapi_event.ml).

Events are queued only while some session has subscribed to them. A session that reads too late
gets EVENTS_LOST once, and then what is left.
"""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from simulator import jsonrpc
from simulator.errors import Failure
from simulator.subscriptions import SILENT, Subscription, normal
from simulator.tables import Database, Row

LARGEST = 10_000_000
"""Bytes of events, as JSON, that are kept."""

FIRST_READ_SECONDS = 0.2


class Entry(NamedTuple):
    """One event, its number and its size."""

    number: int
    size: int
    event: dict[str, Any]


@dataclass(slots=True)
class Reader:
    """What a session has subscribed to, and the number of the next event for it."""

    next: int
    words: list[str] = field(default_factory=list)
    wanted: Subscription = field(default_factory=lambda: Subscription.of(()))

    def change(self, words: list[str]) -> None:
        """Subscribe to these classes and objects."""
        self.words, self.wanted = words, Subscription.of(words)


class EventQueue:
    """The queue that all sessions share."""

    def __init__(self, db: Database) -> None:
        self.limit = LARGEST
        self._db = db
        self._entries: deque[Entry] = deque()
        self._size = 0
        self._number = 0
        self._lost = -1
        self._readers: dict[str, Reader] = {}
        self._news: dict[asyncio.Future[None], None] = {}

    @property
    def number(self) -> int:
        """Return the number that the next event gets."""
        return self._number

    def register(self, session: str, words: Iterable[str]) -> None:
        """Add classes or objects to what a session has subscribed to."""
        reader = self._reader(session)
        reader.change([*reader.words, *map(normal, words)])

    def unregister(self, session: str, words: Iterable[str]) -> None:
        """Remove exactly these entries; a session without a subscription gets an empty one."""
        gone = set(map(normal, words))
        reader = self._reader(session)
        reader.change([word for word in reader.words if word not in gone])

    async def next(self, session: str) -> list[dict[str, Any]]:
        """Wait without limit for events of the session's subscription."""
        self._assert_registered(session)
        await asyncio.sleep(FIRST_READ_SECONDS)
        while True:
            self._assert_open(session)
            if found := self._read(self._readers[session]):
                return found
            await self._wait()

    def add(self, operation: str, row: Row) -> None:
        """Queue an event of an object, as it is now, if a session has subscribed to it."""
        name = row.cls.name.lower()
        if name == "session" and operation == "del":
            self._forget(row.ref)
        if name in SILENT or not row.cls.known:
            return
        if any(reader.wanted.matches(name, row.ref) for reader in self._readers.values()):
            self._append(operation, name, row)

    def clear(self) -> None:
        """Delete all subscriptions and events, as a toolstack restart does."""
        for session in list(self._readers):
            self._forget(session)
        self._entries.clear()
        self._size, self._number, self._lost = 0, 0, -1

    def _reader(self, session: str) -> Reader:
        if session not in self._readers:
            self._readers[session] = Reader(self._number)
            self._db.listener = self.add
        return self._readers[session]

    def _forget(self, session: str) -> None:
        if self._readers.pop(session, None) and not self._readers:
            self._db.listener = None
        self._wake()

    def _append(self, operation: str, name: str, row: Row) -> None:
        then = _as_it_is(row)
        event = {
            "id": str(self._number),
            "timestamp": f"{int(time.time())}.",
            "class": name,
            "operation": operation,
            "ref": row.ref,
            "snapshot": then,
        }
        size = len(jsonrpc.encode(event))
        self._entries.append(Entry(self._number, size, event))
        self._size += size
        self._number += 1
        while self._size > self.limit:
            self._drop()
        self._wake()

    def _drop(self) -> None:
        oldest = self._entries.popleft()
        self._size -= oldest.size
        self._lost = oldest.number

    def _read(self, reader: Reader) -> list[dict[str, Any]]:
        """Return what a reader wants of what it has not read; EVENTS_LOST if some is gone."""
        first, reader.next = reader.next, self._number
        if first <= self._lost:
            raise Failure("EVENTS_LOST")
        unread = (entry.event for entry in self._entries if entry.number >= first)
        return [each for each in unread if reader.wanted.matches(each["class"], each["ref"])]

    async def _wait(self) -> None:
        news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._news[news] = None
        try:
            await news
        finally:
            self._news.pop(news, None)

    def _wake(self) -> None:
        for news in list(self._news):
            if not news.done():
                news.set_result(None)

    def _assert_registered(self, session: str) -> None:
        if session not in self._readers:
            track = hashlib.md5(session.encode(), usedforsecurity=False).hexdigest()
            raise Failure("SESSION_NOT_REGISTERED", f"trackid={track}")

    def _assert_open(self, session: str) -> None:
        if session not in self._readers:
            raise Failure("SESSION_INVALID", session)


def _as_it_is(row: Row) -> Row:
    """Return a row that keeps its present values when the object changes."""
    record = {
        name: list(value) if isinstance(value, list) else value
        for name, value in row.record.items()
    }
    return Row(row.cls, row.ref, record, row.created, row.modified)
