"""What Celery and kombu log, shortened to what an operator needs.

Celery logs the context of each failed task, its stack trace twice, and the class of a transport in
place of an address; a broker that is away is logged every other second.
"""

import logging
import re
import time
from collections.abc import Mapping

from config import connection_errors

EVERY = 60.0  # seconds between two records of a broker that stays away for the same reason

_TRACE = "celery.app.trace"
_CONSUMER = "celery.worker.consumer.consumer"
_EXPECTED = "raised expected"
_CANNOT_CONNECT = "Cannot connect to"
_CLASS = re.compile(r"^[\w.]+:\w+(?=://)")
_IN = re.compile(r"Trying again (in [\d.]+ \w+)")


class LibraryFilter(logging.Filter):
    """Shorten records of Celery's, and drop those that repeat one too soon."""

    def __init__(self) -> None:
        super().__init__()
        self._last = ("", -EVERY)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written; change it to what is to be read."""
        if record.name == _TRACE and isinstance(record.args, Mapping):
            _shorten_failure(record)
        if record.name == _CONSUMER and _CANNOT_CONNECT in str(record.msg):
            return self._is_news(record)
        return True

    def _is_news(self, record: logging.LogRecord) -> bool:
        text, again = _unreachable(record)
        known, since = self._last
        now = time.monotonic()
        if text == known and now - since < EVERY:
            return False
        self._last = (text, now)
        record.msg, record.args = f"{text}; tried again {again}", ()
        return True


def _shorten_failure(record: logging.LogRecord) -> None:
    """Leave out what is stored with the answer; of an expected error, all but its message."""
    context = record.args
    record.__dict__.pop("data", None)
    if isinstance(context, Mapping) and context.get("description") == _EXPECTED:
        last = str(context.get("traceback") or "").strip().rpartition("\n")[2]
        problem = last.partition(": ")[2] or context.get("exc")
        record.msg = "Task %s[%s] failed: %s"
        record.args = (context.get("name"), context.get("id"), problem)


def _unreachable(record: logging.LogRecord) -> tuple[str, str]:
    """Return the address and why nothing answers there, and when it is tried again."""
    url, problem, step = (*(record.args or ()), "", "", "")[:3]
    where = _CLASS.sub("redis", str(url)).replace(":**@", "@").replace("://@", "://")
    found = _IN.search(str(step))
    reason = connection_errors.reason(str(problem))
    return f"{_CANNOT_CONNECT} {where}: {reason}", found[1] if found else "soon"
