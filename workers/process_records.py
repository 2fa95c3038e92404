"""What each worker and poller writes about itself, for `xenflow doctor`: version and clock.

A record is written by the process's own timer and vanishes some seconds after the process; it says
nothing about whether the process takes messages.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import structlog
from celery import bootsteps
from redis.exceptions import RedisError

from tasks.engine.journal import scripts

if TYPE_CHECKING:
    from redis import Redis

EVERY = 5.0  # seconds between two records of a process
KEPT = 60  # seconds for which a record is kept

log = structlog.get_logger()


@dataclass(frozen=True)
class ProcessRecord:
    """One process: its node name, its version, and how far its clock is ahead of Redis's (s)."""

    node: str
    version: str
    clock_ahead: float


class ProcessRecords:
    """Write and read the records of an installation: one key for each process."""

    def __init__(self, redis: "Redis", prefix: str) -> None:
        self._redis = redis
        self._prefix = f"{prefix}:process:"

    def write(self, node: str, *, clock: Callable[[], float] = time.time) -> None:
        """Write the record of this process."""
        record = ProcessRecord(node, metadata.version("xenflow"), self.clock_ahead(clock))
        self._redis.set(self._prefix + node, json.dumps(asdict(record)), ex=KEPT)

    def remove(self, node: str) -> None:
        """Remove the record of a process that ends in order."""
        self._redis.delete(self._prefix + node)

    def clock_ahead(self, clock: Callable[[], float] = time.time) -> float:
        """Return how far a clock is ahead of Redis's, in seconds; less than 1 ms is not known."""
        before = clock()
        seconds, micros = self._redis.time()
        ahead = (before + clock()) / 2 - (int(seconds) + int(micros) / 1e6)
        return round(ahead, 3) or 0.0  # not -0.0

    def all(self) -> list[ProcessRecord]:
        """Return the records of all processes, by node name."""
        names = sorted(scripts.texts(self._redis.scan_iter(match=f"{self._prefix}*", count=1000)))
        found: Any = self._redis.mget(names) if names else []
        return [ProcessRecord(**json.loads(record)) for record in found if record]


class ProcessRecordStep(bootsteps.StartStopStep):
    """Write the record of a worker or poller on its consumer's timer."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Write at once, then on the timer."""
        runtime = parent.app.runtime
        records = ProcessRecords(runtime.journal.redis, runtime.settings.journal_prefix)
        self._write(records, parent.hostname)
        self._timer = parent.timer.call_repeatedly(EVERY, self._write, (records, parent.hostname))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery's own signature
        """Write no more; the record stays, since Celery stops a consumer to reconnect, too."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def shutdown(self, parent: Any) -> None:
        """Remove the record: this process ends in order."""
        self.stop(parent)
        runtime = parent.app.runtime
        records = ProcessRecords(runtime.journal.redis, runtime.settings.journal_prefix)
        with suppress(RedisError):  # the record expires by itself
            records.remove(parent.hostname)

    @staticmethod
    def _write(records: ProcessRecords, node: str) -> None:
        try:
            records.write(node)
        except RedisError as error:
            log.warning("process_record.not_written", error=str(error))
