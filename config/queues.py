"""The queues by name, and which message goes to which."""

CHANGE = "change"
"""Operations that change something on XenServer, and flows."""

FIND = "find"
"""Operations that only look: short, and never behind a change."""

POLL = "poll"
"""The poller's own: each message sits in a long poll for most of its life."""

HOUSEKEEPING = "xenflow"
"""What keeps the house in order: reconciling, sweeping."""

INBOX = "celery"
"""Where a bare Celery client sends that was told nothing of our queues."""

OPERATIONS = (CHANGE, FIND, HOUSEKEEPING, INBOX)
"""What a worker serves; the poll queue has workers of its own."""

ROUTES = {
    "xenserver.*.find": {"queue": FIND},
    "xenserver.*": {"queue": CHANGE},
    "flow.*": {"queue": CHANGE},
    "xenflow.poll": {"queue": POLL},
    "xenflow.*": {"queue": HOUSEKEEPING},
}
"""Celery takes the first pattern that fits, in this order."""
