"""The names of the queues, and the routes of messages."""

CHANGE = "change"
"""Operations that change XenServer, and flows."""

FIND = "find"
"""Operations that only read: short, and never queued behind a change."""

POLL = "poll"
"""The poller's messages: each spends most of its time in a long poll."""

MAINTENANCE = "xenflow"
"""Maintenance tasks of xenflow itself."""

DEFAULT = "celery"
"""Celery's default queue, for clients that do not set one."""

OPERATIONS = (CHANGE, FIND, MAINTENANCE, DEFAULT)
"""The queues of a worker; the poll queue has workers of its own."""

ALL = (*OPERATIONS, POLL)
"""All queues that xenflow takes messages from."""

_SEPARATOR = "\x06\x16"

ROUTES = {
    "xenserver.*.find": {"queue": FIND},
    "xenserver.*": {"queue": CHANGE},
    "flow.*": {"queue": CHANGE},
    "xenflow.poll": {"queue": POLL},
    "xenflow.*": {"queue": MAINTENANCE},
}
"""Celery uses the first pattern that matches, in this order."""


def list_name(queue: str, step: int) -> str:
    """Return the list of a queue's messages of one step of priority, as kombu names it."""
    return f"{queue}{_SEPARATOR}{step}" if step else queue
