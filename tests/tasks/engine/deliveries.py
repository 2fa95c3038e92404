"""Workers without processes: each delivery is a call, so that a test says what happens when.

Everything is real save Celery: the journal, the messages in the broker, the sessions, the pool. An
`Engine` is what several workers share; what one of them does while it calls XenServer is up to the
test.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import pytest
from celery import Celery
from celery.app import app_or_default
from redis import Redis

from config.celery import celery_settings
from config.settings import Settings
from config.targets import Target
from tasks.engine.declaration import catalogue
from tasks.engine.execution import executor, outcomes
from tasks.engine.execution.begin import Delivery
from tasks.engine.execution.execution import Answered, End, Failed
from tasks.engine.execution.points import call_ends
from tasks.engine.execution.runtime import Runtime
from tasks.engine.journal.call_limit import CallLimit
from tasks.engine.journal.entry import Entry, Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.leases import LeaseRenewal
from tasks.engine.journal.named_hosts import NamedHosts
from tasks.engine.journal.parked import Ended, ParkedOperations
from tasks.engine.journal.record import Record
from tasks.engine.messages import publisher
from tasks.engine.messages.publisher import Publisher
from tests.xenserver.pools import Pool
from workers import loader
from xenserver import events, transport
from xenserver.session import Sessions
from xenserver.transport import Transport
from xenserver.values import Value

QUEUES = ("change", "find", "xenflow")
ROUNDS = 20  # deliveries of one message until a hang is named
Hook = Callable[[Callable[[], Value]], Value]
"""What happens around a call: it is given the call, to make it when and as often as it likes."""


@dataclass(frozen=True)
class Message:
    """A message as it was published."""

    headers: Mapping[str, Any]
    fields: Mapping[str, Any]
    callbacks: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what is in a queue."""
        envelope = json.loads(text)
        _, fields, embedded = json.loads(base64.b64decode(envelope["body"]))
        return cls(envelope["headers"], fields, embedded.get("callbacks") or ())

    @property
    def task(self) -> str:
        """The name of the operation."""
        return str(self.headers["task"])

    @property
    def id(self) -> str:
        """The id of the message."""
        return str(self.headers["id"])


class Frozen(LeaseRenewal):
    """The lease renewal of a process that is frozen: it renews nothing."""

    @contextmanager
    def hold(self, entry: Entry) -> Iterator[None]:  # noqa: ARG002 - as it is in the product
        """Expire the lease."""
        yield


class _Hooked:
    """A transport on which calls of one method are made through a hook."""

    def __init__(self, real: Transport, hooks: Mapping[str, Hook]) -> None:
        self._real = real
        self._hooks = hooks

    def call(
        self,
        url: str,
        method: str,
        params: Sequence[Value],
        *,
        headers: Mapping[str, str] | None,
        timeout: float,
    ) -> Value:
        def call() -> Value:
            return self._real.call(url, method, params, headers=headers, timeout=timeout)

        hook = self._hooks.get(method)
        return hook(call) if hook else call()

    def close(self) -> None:
        self._real.close()


class Worker:
    """One worker: it acts when it is delivered a message."""

    def __init__(self, engine: "Engine", *, lease: float, freezes: bool) -> None:
        self.hooks: dict[str, Hook] = {}
        self.is_kept: Callable[[Record], bool] = lambda _: False
        journal = Journal(engine.redis, Keys(), lease=lease, keep=600)
        self.runtime = Runtime(
            settings=Settings(),
            targets=engine.targets,
            journal=journal,
            parked=ParkedOperations(journal),
            hosts=NamedHosts(journal, keep=600),
            publisher=Publisher(engine.app),
            leases=Frozen(journal) if freezes else LeaseRenewal(journal),
            sessions=Sessions(connect=self._connect),
            call_limit=CallLimit(journal),
        )

    def _connect(self, target: Target, user_agent: str) -> Transport:
        return _Hooked(transport.connect(target, user_agent), self.hooks)

    def deliver(
        self,
        task: str,
        operation: str,
        headers: Mapping[str, str] | None = None,
        /,
        *,
        tag: str = "first",
        **fields: Any,
    ) -> End:
        """Deliver a message."""
        reply = headers or {}
        delivery = Delivery(
            id=operation,
            name=task,
            place=Place(
                root=reply.get("root_id") or operation,
                path=publisher.path_of(reply.get(publisher.PATH) or ""),
                undoes=bool(reply.get(publisher.UNDOES)),
            ),
            fields=fields,
            args=(),
            follows=False,
            wire=json.dumps({"name": task, "id": operation, "fields": fields}),
            queue="change",
            tag=tag,
            sending=0,
            origin="",
            has_next=False,
            adopts=json.loads(reply.get(publisher.ADOPTS) or "{}"),
            revoked=False,
            refusal=None,
            is_kept=self.is_kept,
        )
        found = catalogue.find(task)
        assert found is not None, task
        return executor.execute(found, delivery, self.runtime)


class Engine:
    """A Redis, a pool, and the workers that share them."""

    def __init__(self, redis: Redis, url: str, pool: Pool) -> None:
        loader.load(Settings())
        self.redis = redis
        self.pool = pool
        self.target = pool.target()
        self.targets = {"default": self.target}
        self._around = app_or_default()
        self.app = Celery("xenflow")  # canvases are sent by the current application
        self.app.conf.update(celery_settings(Settings(redis_url=url)))
        self._sessions = Sessions()
        self._workers: list[Worker] = []

    def worker(self, *, lease: float = 30.0, freezes: bool = False) -> Worker:
        """Start a worker; one that freezes renews no lease."""
        made = Worker(self, lease=lease, freezes=freezes)
        self._workers.append(made)
        return made

    def close(self) -> None:
        """Log out everywhere."""
        for worker in self._workers:
            worker.runtime.sessions.close()
        self._sessions.close()
        self.app.close()
        self._around.set_current()

    def see(self, method: str, *params: Value) -> Any:
        """Call the pool behind the workers' back."""
        return self._sessions.call(self.target, method, *params)

    def names(self, cls: str = "VM") -> list[str]:
        """Return the name labels of all objects of a class, sorted."""
        return sorted(str(r["name_label"]) for r in self.see(f"{cls}.get_all_records").values())

    def effects(self, method: str) -> int:
        """Count how often a verb has come to its effect."""
        found = self.pool.do("journal")["effects"]
        return sum(effect["method"].endswith(method) for effect in found)

    def record(self, operation: str) -> Record:
        """Return what the journal knows of an operation."""
        return Journal(self.redis, Keys(), lease=1, keep=1).read(operation) or Record()

    def lapse(self, operation: str) -> None:
        """Expire the lease of whoever holds an operation."""
        self.redis.hset(Keys().entry(operation), "held_until", "1")

    def put_back(self, operation: str, **seconds: float) -> None:
        """Move moments of a record so many seconds into the past."""
        now = Journal(self.redis, Keys(), lease=1, keep=1).now()
        moments: dict[Any, Any] = {name: str(now - ago) for name, ago in seconds.items()}
        self.redis.hset(Keys().entry(operation), mapping=moments)

    def land(self) -> None:
        """Wait until the tasks that something is parked under have ended, and land them."""
        parked = ParkedOperations(Journal(self.redis, Keys(), lease=1, keep=600))
        for name, target in self.targets.items():
            while refs := parked.refs(name):
                records = events.all_tasks(self._sessions, target)
                found = {ref: call_ends.ended(ref, records[ref]) for ref in refs if ref in records}
                parked.land(name, [Ended(ref, out) for ref, out in found.items() if out])

    def published(self) -> list[Message]:
        """Take the messages that were published."""
        found = []
        for queue in QUEUES:
            while (text := self.redis.rpop(queue)) is not None:
                message = Message.read(str(text, "utf-8") if isinstance(text, bytes) else str(text))
                if message.task != publisher.POLL:
                    found.append(message)
        return found

    def carry_out(self, worker: Worker) -> list[str]:
        """Deliver what was published, and what that publishes; return the names of what ended."""
        done: list[str] = []
        pending = self.published()
        for _ in range(ROUNDS):
            for message in pending:
                end = worker.deliver(message.task, message.id, message.headers, **message.fields)
                if isinstance(end, Answered | Failed):
                    done.append(message.task)
                    self._call_back(worker, message, end)
            pending = [m for m in pending if not self.record(m.id).ended] + self.published()
            if not pending:
                return done
            self.land()
        pytest.fail(f"does not end: {pending}")

    def _call_back(self, worker: Worker, message: Message, end: Answered | Failed) -> None:
        """Call back a canvas about its end, as Celery does."""
        for callback in message.callbacks:
            answer = end.answer if isinstance(end, Answered) else None
            operation, label = callback["kwargs"]["operation"], callback["kwargs"]["label"]
            worker.runtime.journal.complete(operation, label, outcomes.success(answer))
