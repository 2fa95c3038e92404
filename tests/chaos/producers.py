"""The producers of a round: they send until they are accepted, by the same id, and keep account."""

import heapq
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import redis
from celery import Celery

from tasks.engine.journal.record import CancelResult
from tests.chaos.jobs import REVOKE, Job, Load, Rubbish
from tests.chaos.malformed import QUEUE
from tests.chaos.pool import Pool

Document = Mapping[str, Any]

ENDS = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
RETRY_AFTER = 0.5  # seconds
TRIES = 60  # of a cancel whose job has not begun
RESULT = "celery-task-meta-"


class Producers:
    """Send a load at its moments; hold what was accepted, and what was answered."""

    def __init__(
        self,
        load: Load,
        url: str,
        xenflow: Celery,
        pool: Pool,
        cancel_run: Callable[[str], CancelResult],
    ) -> None:
        self.accepted: Counter[str] = Counter()
        self.answers: dict[str, Document] = {}
        self.changed: set[str] = set()
        self.cancels: Counter[str] = Counter()
        self._cancel_run = cancel_run
        self._unknown: Counter[str] = Counter()
        self._load = load
        self._pool = pool
        self._watched: dict[str, str] = {}
        self._redis = redis.Redis.from_url(url)
        bare = Celery("bare", broker=url, backend=url, set_as_current=False)
        self._clients: dict[str, tuple[Celery, str | None]] = {
            "xenflow": (xenflow, None),
            "bare": (bare, QUEUE),
            "bare, no queue": (bare, None),
        }

    def send_all(self, over: threading.Event) -> None:
        """Send everything at its moment; what is refused for trouble is sent again, soon."""
        began = time.monotonic()
        waiting = [(at, number, send) for number, (at, send) in enumerate(self._sends())]
        heapq.heapify(waiting)
        while waiting and not over.is_set():
            at, number, send = heapq.heappop(waiting)
            over.wait(max(began + at - time.monotonic(), 0.0))
            try:
                send()
            except Exception:  # noqa: BLE001 - whatever a producer hears, it sends the same id again
                heapq.heappush(waiting, (time.monotonic() - began + RETRY_AFTER, number, send))

    def _sends(self) -> Iterator[tuple[float, Callable[[], None]]]:
        for job in self._load.jobs:
            for at in job.moments:
                yield at, lambda job=job: self._send(job)  # type: ignore[misc]  # bound at once
            if job.cancel:
                yield job.cancel.at, lambda job=job: self._cancel(job)  # type: ignore[misc]  # likewise
        for rubbish in self._load.rubbish:
            yield rubbish.at, lambda rubbish=rubbish: self._push(rubbish)  # type: ignore[misc]  # bound at once

    def _send(self, job: Job) -> None:
        app, queue = self._clients[job.client]
        fields = job.kind.fields(self._watches(job) if job.kind.watched else job.name)
        app.send_task(job.kind.task, kwargs=fields, task_id=job.id, queue=queue)
        self.accepted[job.id] += 1

    def _cancel(self, job: Job) -> None:
        """Ask a job to stop; where it has not begun, the command is given again."""
        assert job.cancel
        if job.cancel.how == REVOKE:
            self._clients["bare"][0].control.revoke(job.id)
        elif self._cancel_run(job.id) is CancelResult.UNKNOWN:
            self._unknown[job.id] += 1
            if self._unknown[job.id] < TRIES:
                raise LookupError(job.id)
        self.cancels[job.cancel.how] += 1

    def _watches(self, job: Job) -> str:
        """Return the task that a job watches: the same each time it is sent."""
        if job.name not in self._watched:
            self._watched[job.name] = self._pool.ended_task(job)
        return self._watched[job.name]

    def _push(self, rubbish: Rubbish) -> None:
        self._redis.lpush(QUEUE, rubbish.malformed.spoil(rubbish.id))
        self.accepted[rubbish.id] += 1

    def look(self, ids: Sequence[str]) -> int:
        """Read the answers to messages; return how many of them are answered."""
        documents = self._redis.mget([f"{RESULT}{id_}" for id_ in ids]) if ids else []
        for id_, document in zip(ids, documents, strict=True):
            answer = json.loads(document) if document else {}
            if answer.get("status") in ENDS:
                self._keep(id_, answer)
        return sum(id_ in self.answers for id_ in ids)

    def _keep(self, id_: str, answer: Document) -> None:
        first = self.answers.setdefault(id_, answer)
        if (first["status"], first["result"]) != (answer["status"], answer["result"]):
            self.changed.add(id_)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()
        self._clients["bare"][0].close()
