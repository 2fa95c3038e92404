"""Lease renewal: one background thread prolongs the claims of its process while that lives.

A body that takes long keeps its claim; a process that is killed or frozen lets it lapse within one
lease. Each `Lease` knows, by the clock of this process, how long its claim is surely good: from the
moment before the renewal was sent.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from tasks.engine.journal.entry import Entry, Lease
from tasks.engine.journal.journal import Journal

_Claim = tuple[str, str]  # id of the operation, fencing token


class LeaseRenewal:
    """The claims of one process."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._held: dict[_Claim, Lease] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, entry: Entry) -> Iterator[None]:
        """Keep a claim alive while the block runs."""
        claim = (entry.id, entry.record.fencing_token)
        with self._lock:
            self._held[claim] = entry.lease
            self._start()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(claim, None)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._renew, name="leases", daemon=True)
            self._thread.start()

    def _renew(self) -> None:
        while not self._wake.wait(self._journal.lease / 3):
            with self._lock:
                held = dict(self._held)
            if not held:
                continue
            try:
                self._renew_all(held)
            except RedisError:
                continue  # Redis is away: leases lapse, and fencing tokens guard the entries

    def _renew_all(self, held: dict[_Claim, Lease]) -> None:
        until = time.monotonic() + self._journal.lease
        for lease, is_held in zip(held.values(), self._journal.renew(list(held)), strict=True):
            lease.until = until if is_held else 0.0
