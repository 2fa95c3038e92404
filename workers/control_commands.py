"""Control commands of Celery's, checked: anybody who reaches Redis sends them to all workers.

What they take wrong ends the worker later: Celery adds a queue to a worker's when it has answered
the command already, and keeps it for the next connection, whatever it is. Others can only harm a
worker of xenflow: they stop it, have it take no messages, or say that they changed what they did
not. These are answered with an error that says what to do instead.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from celery.worker import control

from config import queues

Reply = Mapping[str, Any]

_EXCHANGE_TYPES = ("direct", "topic", "fanout")
_LONGEST = 255  # characters of a name

_FIXED = "the slots of a worker are fixed: set XENFLOW_CONCURRENCY, and restart it"
REFUSED = {
    "shutdown": "a worker is stopped where it runs, by SIGTERM; this would reach all workers",
    "pool_grow": _FIXED,
    "pool_shrink": _FIXED,
    "pool_restart": _FIXED,
    "autoscale": _FIXED,
    "time_limit": "Celery's time limits end no operation: send the field timeout",
}

log = structlog.get_logger()

_add, _cancel = (control.Panel.data[name] for name in ("add_consumer", "cancel_consumer"))


def register() -> None:
    """Put the checked commands in place of Celery's own, which the checked ones call."""
    refused: Mapping[str, Callable[..., Reply]] = {name: partial(_refuse, name) for name in REFUSED}
    control.Panel.data.update(
        {**refused, "add_consumer": add_consumer, "cancel_consumer": cancel_consumer}
    )


def _refuse(name: str, _state: Any, **_: object) -> Reply:
    return _error(name, REFUSED[name])


def add_consumer(
    state: Any,
    queue: object,
    exchange: object = None,
    exchange_type: object = None,
    routing_key: object = None,
    **_: object,
) -> Reply:
    """Tell worker(s) to consume from task queue by name."""
    names = {"queue": queue, "exchange": exchange, "routing_key": routing_key}
    given = {name: value for name, value in names.items() if name == "queue" or value is not None}
    wrong = next((name for name, value in given.items() if not _is_name(value)), None)
    if wrong:
        return _error("add_consumer", _no_name(wrong))
    if exchange_type is not None and exchange_type not in _EXCHANGE_TYPES:
        problem = f"exchange_type: must be one of {', '.join(_EXCHANGE_TYPES)}"
        return _error("add_consumer", problem)
    added: Reply = _add(state, queue, exchange, exchange_type, routing_key)
    return added


def cancel_consumer(state: Any, queue: object, **_: object) -> Reply:
    """Tell worker(s) to stop consuming from task queue by name."""
    if not _is_name(queue):
        return _error("cancel_consumer", _no_name("queue"))
    if queue in queues.ALL:
        problem = f"queue: {queue} is one of xenflow; to have a worker take no messages, stop it"
        return _error("cancel_consumer", problem)
    cancelled: Reply = _cancel(state, queue)
    return cancelled


def _error(command: str, problem: str) -> Reply:
    """Return the reply of a command that is refused, as Celery writes one."""
    log.warning("control.refused", command=command, problem=problem)
    return {"error": problem}


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST


def _no_name(member: str) -> str:
    return f"{member}: must be a name of at most {_LONGEST} printable characters"
