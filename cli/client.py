"""A producer: sends messages, reads answers and the journal, asks workers what they consume."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Self, cast

from celery import Celery, states
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from cli import journal_reader
from cli.exit_codes import Code, CommandFailed
from config import redis_replies
from config import settings as configured
from config.celery import celery_settings
from config.settings import Settings
from tasks.engine import infrastructure
from tasks.engine.declaration.operation import Operation
from tasks.engine.execution import failures
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.record import CancelRequest
from tasks.engine.messages.publisher import Publisher
from workers import result_backend
from workers.run_reader import Runs
from xenserver import errors

REPLY_TIMEOUT = 2.5  # seconds in which a worker must answer

AWAY = infrastructure.POSSIBLE
"""What a Redis that is away is noticed by; `is_away` tells."""


def is_away(error: BaseException) -> bool:
    """Return whether an error means that Redis is away, restarts or has another primary."""
    if isinstance(error, ResponseError) and redis_replies.code(error) == redis_replies.WRONG_TYPE:
        return False
    return isinstance(error, RedisError | OSError) or infrastructure.is_trouble(error)


class _Answered(Exception):
    """The reply that was waited for has come; the rest need not be received."""


@dataclass(frozen=True)
class End:
    """How a message ended: its answer, or its error and where it was raised."""

    state: str
    answer: Any = None
    error: errors.XenflowError | None = None
    traceback: str = ""


class Client:
    """Broker, result backend and journal, as a command needs them; closed with its block."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = Celery("xenflow", set_as_current=False)
        results = result_backend.url(settings.result_backend, listens=False)  # a command looks
        limit = journal_reader.ANSWER_TIMEOUT  # Celery would wait two minutes for the journal
        options = celery_settings(settings) | {"redis_socket_timeout": limit}
        options["broker_transport_options"]["socket_timeout"] = limit
        self.app.conf.update(options, result_backend=results)

    def __enter__(self) -> Self:
        """Return the client; a connection is opened when it is first needed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections, so that the interpreter's end finds none."""
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

    def send(self, operation: Operation, fields: Mapping[str, Any], operation_id: str) -> None:
        """Send a message under an id; where that fails, name the id that it may have gone under."""
        try:
            self.app.send_task(
                operation.name, kwargs=dict(fields), task_id=operation_id, queue=operation.queue
            )
        except AWAY as error:
            if not is_away(error):
                raise
            raise CommandFailed(
                Code.UNREACHABLE,
                f"Redis was lost while {operation.name} was sent, so it may run: {error}",
                f"send it again with --id {operation_id}, which runs it at most once",
                id=operation_id,
            ) from error

    def forget_failure(self, operation: str) -> None:
        """Delete the stored failure of an operation, which is about to run again under its id."""
        result_backend.of(self.app).forget_failure(operation)

    def unlist(self, operation: str) -> None:
        """Leave an operation that has ended out of the list of runs; its record stays."""
        self.redis.zrem(self.journal.keys.runs, operation)

    def end_of(self, operation: str) -> End | None:
        """Return how a message ended; None while it has not."""
        result = self.app.backend.get_task_meta(operation, cache=False)
        match result["status"]:
            case states.SUCCESS:
                return End(states.SUCCESS, answer=result["result"])
            case states.FAILURE:
                error = failures.foreign(result["result"])
                return End(states.FAILURE, error=error, traceback=result.get("traceback") or "")
            case states.REVOKED:
                return End(states.REVOKED, error=errors.Cancelled("XENFLOW_CANCELLED", [operation]))
        return None

    def cancel(self, operation: str, *, is_sent: bool = False) -> str:
        """Ask an operation to stop; return the outcome of the request.

        One that has not begun can be cancelled where its message waits: `is_sent`.
        """
        wanted = CancelRequest.CANCELLED
        result, sending = self.journal.cancel(operation, wanted, is_sent=is_sent)
        Publisher(self.app).resume(sending)
        return result

    def need_consumer(self, queue: str) -> None:
        """Fail when no worker consumes the queue."""
        if not self.is_consumed(queue):
            raise CommandFailed(
                Code.UNREACHABLE,
                f"no worker answers for the queue {queue!r}; nothing was sent",
                "start one: xenflow worker (or everything at once: xenflow up); "
                "--no-wait sends without asking",
            )

    def is_consumed(self, queue: str) -> bool:
        """Ask the workers whether one consumes the queue, until the first says so."""

        def receive(reply: Mapping[str, list[Mapping[str, Any]]]) -> None:
            if any(one["name"] == queue for queues in reply.values() for one in queues):
                raise _Answered

        try:
            self.app.control.broadcast(
                "active_queues", reply=True, timeout=REPLY_TIMEOUT, callback=receive
            )
        except _Answered:
            return True
        return False


@contextmanager
def connected() -> Iterator[Client]:
    """Return a client by the settings, once its Redis has answered."""
    with Client(configured.load()) as client:
        client.redis.ping()
        yield client
