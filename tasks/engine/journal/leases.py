"""Holding leases: one quiet thread prolongs the claims of its process while that lives.

A body that takes long keeps its claim; a process that is killed or frozen lets it lapse within one
lease.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from tasks.engine.journal.journal import Entry, Journal


class LeaseRenewal:
    """The claims of one process."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._held: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, entry: Entry) -> Iterator[None]:
        """Keep a claim alive while the block runs."""
        claim = (entry.id, entry.fence)
        with self._lock:
            self._held[claim] = 1
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
        while not self._wake.wait(self._journal.lease_ms / 3000):
            with self._lock:
                held = list(self._held)
            if not held:
                continue
            try:
                self._journal.renew(held)
            except RedisError:
                continue  # Redis is away: leases lapse, and the fence guards what they guarded
