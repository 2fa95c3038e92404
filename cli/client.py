"""A client of the house: sends messages, reads the journal, asks who is there."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Self, cast

from celery import Celery, states
from redis import Redis

from cli.exit_codes import Code, Stop
from config import settings as configured
from config.celery import celery_settings
from config.settings import Settings
from tasks.engine.declaration.operation import Operation
from tasks.engine.execution import failures
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.messages.publisher import Publisher
from workers import result_backend
from workers.run_reader import Runs
from xenserver import errors

ASKED = 2.5  # seconds in which a worker must say that it is there


class _Heard(Exception):
    """The answer that was waited for has come; the rest need not be heard."""


@dataclass(frozen=True)
class End:
    """How a message ended: its answer, or its error and where it was raised."""

    state: str
    answer: Any = None
    error: errors.XenflowError | None = None
    traceback: str = ""


class Client:
    """What a command needs of the house; closed at the end of its block."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = Celery("xenflow", set_as_current=False)
        options = celery_settings(settings)
        self.app.conf.update(options, result_backend=result_backend.url(settings.result_backend))

    def __enter__(self) -> Self:
        """Begin; a connection is opened when it is first needed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections, so that nothing is left for the interpreter's end to trip over."""
        self.redis.close()
        self.app.close()

    @property
    def redis(self) -> Redis:
        """The connection to answers and journal."""
        return cast("Redis", getattr(self.app.backend, "client"))  # noqa: B009 - only Redis' backend has one

    @cached_property
    def journal(self) -> Journal:
        """The journal, as it is read from outside."""
        keys = Keys(self.settings.journal_prefix)
        keep = int(self.settings.run_expires)
        return Journal(self.redis, keys, lease=self.settings.lease, keep=keep)

    @property
    def runs(self) -> Runs:
        """The runs that the journal knows."""
        return Runs(self.journal)

    def send(self, operation: Operation, fields: Mapping[str, Any]) -> str:
        """Send a message; return its id."""
        sent = str(
            uuid.uuid4()
        )  # celery's result object is dropped: it would outlive its connection
        self.app.send_task(operation.name, kwargs=dict(fields), task_id=sent, queue=operation.queue)
        return sent

    def end_of(self, operation: str) -> End | None:
        """Return how a message ended; None while it has not."""
        told = self.app.backend.get_task_meta(operation, cache=False)
        match told["status"]:
            case states.SUCCESS:
                return End(states.SUCCESS, answer=told["result"])
            case states.FAILURE:
                error = failures.foreign(told["result"])
                return End(states.FAILURE, error=error, traceback=told.get("traceback") or "")
            case states.REVOKED:
                return End(states.REVOKED, error=errors.Cancelled("XENFLOW_CANCELLED", [operation]))
        return None

    def call_off(self, operation: str) -> str:
        """Ask an operation to stop; return what came of it in a word."""
        word, message = self.journal.call_off(operation, "cancelled")
        Publisher(self.app).again(message)
        return word

    def need_consumer(self, queue: str) -> None:
        """Stop the command when no worker consumes the queue."""
        if not self.is_consumed(queue):
            raise Stop(
                Code.UNREACHABLE,
                f"no worker answers for the queue {queue!r}; nothing was sent",
                "start one: xenflow worker (or everything at once: xenflow up); "
                "--no-wait sends without asking",
            )

    def is_consumed(self, queue: str) -> bool:
        """Ask the workers whether one consumes the queue, until the first says so."""

        def hear(reply: Mapping[str, list[Mapping[str, Any]]]) -> None:
            if any(one["name"] == queue for queues in reply.values() for one in queues):
                raise _Heard

        try:
            self.app.control.broadcast("active_queues", reply=True, timeout=ASKED, callback=hear)
        except _Heard:
            return True
        return False


@contextmanager
def connected() -> Iterator[Client]:
    """Return a client by the settings, once its Redis has answered."""
    with Client(configured.load()) as client:
        client.redis.ping()
        yield client
