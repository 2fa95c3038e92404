"""A worker whose deliveries die at chosen points.

A delivery is a series of exchanges with Redis and XenServer; what it does between two of them
cannot be seen from outside. So the points at which a process can die are the exchanges: a message
whose id is `crash/<n>/<anything>` dies when it has made so many, counted over all its deliveries,
with the reply of the last one unread. From then on its thread makes no exchange, as a dead process
makes none: nothing is acknowledged, no lease is renewed, another delivery has to finish the work.

An id `trace/<anything>` has its exchanges written down, in the Redis list of that name.
"""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from celery.concurrency import thread
from celery.concurrency.base import BasePool
from celery.exceptions import WorkerTerminate
from redis import Redis
from redis.client import Pipeline
from urllib3.connectionpool import HTTPConnectionPool

from config import settings

THREADS = 16

Work = Callable[..., Any]


class Crash(WorkerTerminate):
    """The end of a delivery: Celery's own for a worker's, which its bookkeeping lets through."""


@dataclass
class Message:
    """What deliveries of one message have done so far, and where one of them dies."""

    id: str
    dies_after: int = -1
    made: int = 0


@dataclass
class Delivery:
    """What one delivery does on its thread."""

    message: Message
    dead: bool = False

    def exchange(self, what: str, work: Callable[[], Any]) -> Any:
        """Make one exchange, or die."""
        self._die_at_the_point()
        done = work()
        self.message.made += 1
        self._trace(what)
        self._die_at_the_point()
        return done

    def _die_at_the_point(self) -> None:
        self.dead = self.dead or self.message.made == self.message.dies_after
        if self.dead:
            self.message.dies_after = -1
            raise Crash

    def _trace(self, what: str) -> None:
        if self.message.id.startswith("trace/"):
            _untraced(lambda redis: redis.rpush(self.message.id, what))


_thread = threading.local()
_messages: dict[str, Message] = {}


def _message(task_id: str) -> Message:
    """Return what is known of a message from its deliveries before."""
    kind, *rest = task_id.split("/")
    new = Message(task_id, int(rest[0])) if kind == "crash" else Message(task_id)
    return _messages.setdefault(task_id, new)


class Executor(ThreadPoolExecutor):
    """The threads of a pool, on each of which it is known whose delivery it works at.

    A dead delivery keeps its slot until its message is done, so a worker needs as many slots as it
    is sent messages; its threads are few.
    """

    def __init__(self, max_workers: int) -> None:
        super().__init__(min(max_workers, THREADS))

    def submit(self, work: Work, /, *args: Any, **kwargs: Any) -> Any:
        """Take a job, for the message that is given to the pool just now."""
        return super().submit(self._work, _thread.given, work, *args, **kwargs)

    @staticmethod
    def _work(task_id: str, work: Work, *args: Any, **kwargs: Any) -> None:
        _thread.delivery = Delivery(_message(task_id))
        try:
            with suppress(Crash):
                work(*args, **kwargs)
        finally:
            _thread.delivery = None


def _apply_async(original: Work) -> Work:
    """Note whose delivery a pool is given."""

    def apply_async(self: Any, target: Work, args: Any = (), *rest: Any, **options: Any) -> Any:
        _thread.given = args[1]
        return original(self, target, args, *rest, **options)

    return apply_async


def _exchanging(name: Callable[..., str], original: Work) -> Work:
    """Make a method an exchange of the delivery on whose thread it is called."""

    def exchange(self: Any, *args: Any, **kwargs: Any) -> Any:
        delivery = getattr(_thread, "delivery", None)
        if delivery is None:
            return original(self, *args, **kwargs)
        return delivery.exchange(name(*args), lambda: original(self, *args, **kwargs))

    return exchange


def _command(_connection: object, command: str, *_: object) -> str:
    return f"redis {command}"


def _commands(_connection: object, commands: Any, *_: object) -> str:
    return "redis " + ", ".join(str(args[0]) for args, _ in commands)


def _request(*_: object) -> str:
    return "xenserver"


EXCHANGES: tuple[tuple[type, str, Callable[..., str]], ...] = (
    (Redis, "_send_command_parse_response", _command),
    (Pipeline, "_execute_transaction", _commands),
    (Pipeline, "_execute_pipeline", _commands),
    (HTTPConnectionPool, "urlopen", _request),
)
"""The methods through which everything goes that a delivery says to Redis and XenServer."""


def _untraced(work: Callable[[Redis], object]) -> None:
    """Call Redis without being counted."""
    delivery, _thread.delivery = _thread.delivery, None
    with Redis.from_url(settings.load().redis_url) as redis:
        work(redis)
    _thread.delivery = delivery


def main(arguments: list[str]) -> None:
    """Serve as `xenflow` does, with deliveries that die."""
    celery_pool: Any = thread  # the stubs do not know what is in it
    celery_pool.ThreadPoolExecutor = Executor
    patched: Any = BasePool
    patched.apply_async = _apply_async(patched.apply_async)
    for owner, method, name in EXCHANGES:
        setattr(owner, method, _exchanging(name, getattr(owner, method)))
    sys.argv = ["xenflow", *arguments]
    [command] = entry_points(group="console_scripts", name="xenflow")
    sys.exit(command.load()())


if __name__ == "__main__":
    main(sys.argv[1:])
