"""Control commands of Celery's, checked: what they take wrong ends the worker later.

Celery adds a queue to a worker's when it has answered the command already, and keeps it for the
next connection, whatever it is.
"""

from collections.abc import Mapping
from typing import Any

from celery.worker import control

_EXCHANGE_TYPES = ("direct", "topic", "fanout")
_LONGEST = 255  # characters of a name

_add, _cancel = (control.Panel.data[name] for name in ("add_consumer", "cancel_consumer"))


def register() -> None:
    """Put the checked commands in place of Celery's own, which the checked ones call."""
    control.Panel.data.update({"add_consumer": add_consumer, "cancel_consumer": cancel_consumer})


def add_consumer(
    state: Any,
    queue: object,
    exchange: object = None,
    exchange_type: object = None,
    routing_key: object = None,
    **_: object,
) -> Mapping[str, Any]:
    """Tell worker(s) to consume from task queue by name."""
    _check("queue", queue)
    for name, value in (("exchange", exchange), ("routing_key", routing_key)):
        if value is not None:
            _check(name, value)
    if exchange_type is not None and exchange_type not in _EXCHANGE_TYPES:
        raise ValueError(f"exchange_type: must be one of {', '.join(_EXCHANGE_TYPES)}")
    added: Mapping[str, Any] = _add(state, queue, exchange, exchange_type, routing_key)
    return added


def cancel_consumer(state: Any, queue: object, **_: object) -> Mapping[str, Any]:
    """Tell worker(s) to stop consuming from task queue by name."""
    _check("queue", queue)
    cancelled: Mapping[str, Any] = _cancel(state, queue)
    return cancelled


def _check(name: str, value: object) -> None:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= _LONGEST:
        raise ValueError(f"{name}: is not a name of at most {_LONGEST} printable characters")
