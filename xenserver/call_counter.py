"""Counters of XenServer calls, for statistics and for tests that limit them."""

import threading
from collections import Counter


class CallCounter:
    """Counts calls by method, logins, and calls that had to be repeated; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._repeated = 0
        self._logins = 0

    def count(self, method: str) -> None:
        """Note that the method was called once more, whatever came of it."""
        with self._lock:
            self._calls[method] += 1

    def count_login(self) -> None:
        """Note that a session was opened."""
        with self._lock:
            self._logins += 1

    def count_repeated(self) -> None:
        """Note that a call is sent again."""
        with self._lock:
            self._repeated += 1

    @property
    def calls(self) -> Counter[str]:
        """How often each method was called, login and logout included."""
        with self._lock:
            return self._calls.copy()

    @property
    def logins(self) -> int:
        """How many sessions were opened."""
        with self._lock:
            return self._logins

    @property
    def repeated(self) -> int:
        """How often a call was sent again, over another connection or in a new session."""
        with self._lock:
            return self._repeated
