"""Celery events of operations, for Flower and other monitors; nothing in xenflow depends on them.

A parked operation sends `task-parked`, where Celery has `task-retried` with a traceback. Monitors
show an event that they do not know as a state of its own: PARKED. Monitors copy only fields that
Celery knows, so `result` says what the operation waits for, and `received` and `runtime` are those
of the whole operation, where Celery has those of the last delivery.
"""

import math
import time
from collections.abc import MutableMapping
from typing import Any

PARKED = "task-parked"
REVOKED = "task-revoked"
_PAUSES_AND_ENDS = {PARKED, REVOKED, "task-succeeded", "task-failed"}
BEGAN = "xenflow_began"  # header: when a worker first received the message, in epoch seconds


def fields(kind: str, sent: dict[str, Any], began: float) -> dict[str, Any]:
    """Return the fields of an event, with the times of the whole operation at a pause or an end."""
    if kind not in _PAUSES_AND_ENDS:
        return sent
    times = {"received": began, "runtime": time.time() - began}
    return {"result": None, **sent, **times}  # else an end would show what it waited for


def revoked(began: float) -> dict[str, Any]:
    """Return the fields of `task-revoked`; Celery ranks it below PARKED unless it has a state."""
    sent = {"state": "REVOKED", "terminated": False, "signum": None, "expired": False}
    return fields(REVOKED, sent, began)


def began(headers: MutableMapping[str, Any]) -> float:
    """Return when a worker first received a message; note it in the headers, which are kept."""
    now = time.time()
    try:
        first = float(headers.get(BEGAN, now))
    except (TypeError, ValueError):
        first = now
    if not 0.0 < first <= now or math.isnan(first):
        first = now
    headers[BEGAN] = repr(first)
    return first
