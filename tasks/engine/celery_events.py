"""Celery events of operations, for Flower and other monitors; nothing in xenflow depends on them.

A parked operation sends `task-parked`, where Celery has `task-retried` with a traceback. Monitors
show an event that they do not know as a state of its own: PARKED. Monitors copy only fields that
Celery knows, so `result` says what the operation waits for, and `received` and `runtime` are those
of the whole operation, where Celery has those of the last delivery.
"""

import math
import time
from collections.abc import Mapping, MutableMapping
from typing import TypedDict

PARKED = "task-parked"
REVOKED = "task-revoked"
_PAUSES_AND_ENDS = {PARKED, REVOKED, "task-succeeded", "task-failed"}
BEGAN = "xenflow_began"  # header: when a worker first received the message, in epoch seconds


class Parked(Exception):
    """What a parked operation waits for, as Celery hands it to the result backend."""


def fields(kind: str, sent: Mapping[str, object], began: float) -> dict[str, object]:
    """Return the fields of an event, with the times of the whole operation at a pause or an end."""
    if kind not in _PAUSES_AND_ENDS:
        return dict(sent)
    times = {"received": began, "runtime": time.time() - began}
    return {"result": None, **sent, **times}  # else an end would show what it waited for


class Revoked(TypedDict):
    """The fields of `task-revoked`."""

    state: str
    terminated: bool
    signum: None
    expired: bool
    result: None
    received: float
    runtime: float


def revoked(began: float) -> Revoked:
    """Return the fields of `task-revoked`; Celery ranks it below PARKED unless it has a state."""
    return {
        "state": "REVOKED",
        "terminated": False,
        "signum": None,
        "expired": False,
        "result": None,
        "received": began,
        "runtime": time.time() - began,
    }


def began(headers: MutableMapping[str, str]) -> float:
    """Return when a worker first received a message; note it in the headers, which are kept."""
    now = time.time()
    try:
        first = float(str(headers.get(BEGAN, now)))
    except ValueError:
        first = now
    if not 0.0 < first <= now or math.isnan(first):
        first = now
    headers[BEGAN] = repr(first)
    return first
