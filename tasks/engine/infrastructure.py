"""Trouble of our own infrastructure: it passes, and is never the end of an operation.

A message that meets it is not answered. It is given back after a pause, and comes again; the
journal knows how far its operation is.
"""

import errno
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import structlog
from celery.exceptions import Reject
from kombu import Producer
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import DataError, RedisError, ResponseError
from redis.exceptions import TimeoutError as Overdue

from config import redis_replies
from tasks.engine import retry

POSSIBLE = (
    RedisError,
    OperationalError,
    MemoryError,
    OSError,
    RuntimeError,
    AttributeError,
    Reject,
)
"""Classes that trouble can be an instance of, see `is_trouble`."""

PAUSE = (0.5, 1.5)  # seconds, at random, before a message is given back
LONGEST = 15.0  # seconds; the bound of that pause, which grows while nothing but trouble comes

_NO_MORE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Of a disk, of files, of memory: what the machine has run out of, others give back."""

_NO_THREAD = ("interpreter shutdown", "after shutdown", "can't start new thread")
_NO_LISTENING = "Retry limit exceeded while trying to reconnect"  # Celery, to hear of results

_CODES = frozenset(
    {
        "ASK",
        "BUSY",
        "CLUSTERDOWN",
        "CROSSSLOT",
        "EXECABORT",
        "LOADING",
        "MASTERDOWN",
        "MISCONF",
        "MOVED",
        "NOPERM",
        "NOREPLICAS",
        "NOSCRIPT",
        "OOM",
        "READONLY",
        "TRYAGAIN",
        "UNKILLABLE",
    }
)

_STOPPED_SCRIPT = ("Script killed by user", "ACL failure in script")  # by an operator, code ERR

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger()


def is_trouble(error: BaseException) -> bool:
    """Return whether an error is trouble of Redis or the machine, rather than a defect."""
    match error:
        case OperationalError():  # kombu has it for a message that it cannot write, too
            cause = error.__cause__
            return not isinstance(cause, KeyError | DataError | ResponseError) or is_trouble(cause)
        case ResponseError():
            return (
                redis_replies.code(error) in _CODES
                or redis_replies.is_of_an_operator(error)
                or any(text in str(error) for text in _STOPPED_SCRIPT)
            )
        case Reject():
            return bool(vars(error)["requeue"])  # the stubs do not know it
        case RuntimeError():
            return any(words in str(error) for words in (*_NO_THREAD, _NO_LISTENING))
        case AttributeError():  # kombu publishes on a channel that it has closed
            return error.obj is None and error.name == "client"
    is_short_of = isinstance(error, OSError) and error.errno in _NO_MORE
    return is_short_of or isinstance(error, Disconnected | Overdue | MemoryError)


def requeue(error: Exception) -> NoReturn:
    """Pause, then have Celery give the message back; raise the error itself if it is not a trouble.

    The pause grows while other messages meet trouble too.
    """
    if not is_trouble(error) or isinstance(error, Reject):
        raise error
    pause = PAUSE[0] + retry.delay(_met.count(), cap=LONGEST)
    text = redis_replies.in_words(error)[:500]
    log.warning("infrastructure.trouble", error=text, pause=round(pause, 1))
    time.sleep(pause)
    raise Reject(str(error)[:500], requeue=True) from error


class _Met:
    """How often trouble was met lately, by all threads of this process."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=1_000)

    def count(self) -> int:
        """Note that trouble is met; return in how many of the last seconds it was met before."""
        now = time.monotonic()
        seconds = {int(now - moment) for moment in self._moments if now - moment < LONGEST}
        self._moments.append(now)
        return len(seconds)


_met = _Met()


@contextmanager
def publishing(producer: Producer) -> Iterator[None]:
    """Drop the connection of a producer that meets trouble, so that the next one is new."""
    try:
        yield
    except POSSIBLE as error:
        if not is_trouble(error):
            raise
        connection = producer.__connection__
        if connection is not None:
            connection.collect()
        raise OperationalError(str(error.__cause__ or error)) from error


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Return the message of a task to its queue when the infrastructure fails."""

    @wraps(function)
    def guard(*args: P.args, **options: P.kwargs) -> R:
        try:
            return function(*args, **options)
        except POSSIBLE as error:
            requeue(error)

    return guard
