"""Trouble of our own infrastructure: it passes, and is never the end of an operation.

A message that meets it is not answered. It is given back after a pause, and comes again; the
journal knows how far its operation is.
"""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import structlog
from celery.exceptions import Reject
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as Overdue

POSSIBLE = (RedisError, OperationalError, MemoryError)
"""What trouble can be an instance of; `is_trouble` tells."""

PAUSE = (0.5, 1.5)  # seconds, at random, before a message is given back

_CODES = frozenset(
    {
        "BUSY",
        "CLUSTERDOWN",
        "EXECABORT",
        "LOADING",
        "MASTERDOWN",
        "MISCONF",
        "NOREPLICAS",
        "OOM",
        "READONLY",
        "TRYAGAIN",
        "UNKILLABLE",
    }
)

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger()


def is_trouble(error: BaseException) -> bool:
    """Return whether an error is trouble of Redis or memory, rather than a defect."""
    if isinstance(error, ResponseError):
        return _code(error) in _CODES
    return isinstance(error, Disconnected | Overdue | OperationalError | MemoryError)


def give_back(error: BaseException) -> NoReturn:
    """Pause, then have Celery give the message back; raise the error itself if it is no trouble."""
    if not is_trouble(error):
        raise error
    pause = random.uniform(*PAUSE)  # noqa: S311 - jitter
    log.warning("infrastructure.trouble", error=str(error)[:500], pause=round(pause, 1))
    time.sleep(pause)
    raise Reject(str(error)[:500], requeue=True) from error


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Have the message of a task given back for trouble of ours."""

    @wraps(function)
    def guard(*args: P.args, **options: P.kwargs) -> R:
        try:
            return function(*args, **options)
        except POSSIBLE as error:
            give_back(error)

    return guard


def _code(error: ResponseError) -> str:
    """Return the code of an error of Redis; in a pipeline it stands behind the command."""
    text = str(error).rpartition("caused error: ")[2]
    return error.status_code or text.split(" ", 1)[0]
