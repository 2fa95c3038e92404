"""The watchdog of a worker: it notices that the worker takes nothing though messages wait.

A worker may answer pings and still take no messages. A thread of its own looks at the queues; an
unresponsive worker ends loudly with an exit code, and its supervisor starts another. A Redis that
is away or answers with errors does not count: nothing can be taken then.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from celery import bootsteps
from celery.worker import state as worker_state
from celery.worker.control import inspect_command

from config.settings import Settings
from tasks.engine.execution.runtime import EngineApp
from workers.broker.acknowledgement import TROUBLE

if TYPE_CHECKING:
    from redis import Redis


EXIT_CODE = 70  # EX_SOFTWARE, of sysexits.h
GRACE = 10.0  # seconds an unresponsive worker has to end in order
BUSY_FACTOR = 10  # times longer may a worker take nothing while every slot is busy

log = structlog.get_logger()


@dataclass
class Activity:
    """How often this process has taken a message."""

    taken: int = 0

    def __json__(self) -> int:
        """Return what `celery inspect stats` shows of it, among the options of the transport."""
        return self.taken


@dataclass(frozen=True)
class Queues:
    """The lists that a worker is to take from, in its Redis."""

    redis: "Redis"
    lists: Sequence[str]
    probe: str

    def waiting(self) -> int:
        """Count the messages that wait; raise an error of Redis where none can be taken."""
        with self.redis.pipeline(transaction=False) as commands:
            commands.set(self.probe, "1", ex=60)  # who cannot write cannot take
            for name in self.lists:
                commands.llen(name)
            _, *lengths = commands.execute()
        return sum(lengths)


@dataclass
class Watch:
    """What is known of one worker: since when messages wait of which it takes none."""

    queues: Queues
    activity: Activity
    slots: int
    timeout: float
    clock: Callable[[], float] = time.monotonic
    waiting: int = 0
    _since: float = field(init=False)
    _looked: float = field(init=False)
    _taken: int = 0

    def __post_init__(self) -> None:
        """Begin now."""
        self._since = self._looked = self.clock()

    @property
    def every(self) -> float:
        """Seconds between two looks."""
        return self.timeout / 10

    def look(self) -> None:
        """Read the queues once."""
        now = self.clock()
        was_stopped = now - self._looked > 5 * self.every  # by a signal, or with the machine
        self._looked = now
        try:
            self.waiting = self.queues.waiting()
        except TROUBLE:
            self.waiting = 0
        if not self.waiting or was_stopped or self.activity.taken != self._taken:
            self._since, self._taken = now, self.activity.taken

    @property
    def silence(self) -> float:
        """Seconds for which messages have waited and none was taken."""
        return self._looked - self._since

    def is_unresponsive(self, *, after: float) -> bool:
        """Return whether it has taken nothing for so long; longer while every slot is busy."""
        is_busy = len(worker_state.active_requests) >= self.slots
        return self.silence >= after * (BUSY_FACTOR if is_busy else 1)

    def problem(self) -> str:
        """Return what is wrong."""
        return f"takes nothing for {self.silence:.0f} s though {self.waiting} messages wait"


class WatchedApp(EngineApp):
    """The application of a worker that is watched."""

    settings: Settings
    activity: Activity
    watch: Watch | None = None  # once it runs


class Watchdog(bootsteps.StartStopStep):
    """A thread beside the worker, for as long as it runs."""

    requires = ("celery.worker.components:Timer",)  # the consumer, which comes last, runs on

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._over = threading.Event()

    def start(self, parent: Any) -> None:
        """Watch."""
        watching = threading.Thread(
            target=self._run, args=(parent.app, parent.concurrency), name="watchdog", daemon=True
        )
        watching.start()

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery's own signature
        """Watch no more."""
        self._over.set()

    def _run(self, app: WatchedApp, slots: int) -> None:
        watch = self._connected(app, slots)
        app.watch = watch
        while watch and not self._over.wait(watch.every):
            watch.look()
            if watch.is_unresponsive(after=watch.timeout):
                log.critical("worker.unresponsive", problem=watch.problem(), exit_code=EXIT_CODE)
                _end()
                return

    def _connected(self, app: WatchedApp, slots: int) -> Watch | None:
        """Return the watch once Redis is there; None if the worker ends before."""
        while not self._over.is_set():
            try:
                return watch_of(app, slots)
            except TROUBLE:
                self._over.wait(1.0)
        return None


def _end() -> None:
    """End this process in order; end it at once if that takes too long."""
    stopping: Any = worker_state  # the stubs know no exit codes
    stopping.should_stop = EXIT_CODE
    time.sleep(GRACE)
    os._exit(EXIT_CODE)


def watch_of(app: WatchedApp, slots: int) -> Watch:
    """Return what is to be watched of a worker."""
    channel: Any = app.connection_for_write().default_channel  # the stubs know no Redis
    names = [
        f"{channel.global_keyprefix}{channel._q_for_pri(queue, step)}"  # noqa: SLF001 - kombu's own names of lists
        for queue in app.amqp.queues.consume_from
        for step in channel.priority_steps
    ]
    keys = app.runtime.journal.keys
    queues = Queues(channel.unprefixed, names, keys.watchdog)
    return Watch(queues, app.activity, slots, app.settings.unresponsive_timeout)


@inspect_command()
def takes(state: Any, **_: Any) -> dict[str, Any]:
    """Return whether this worker takes messages: `xenflow-alive` asks."""
    watch: Watch | None = getattr(state.app, "watch", None)
    if watch is None or not watch.is_unresponsive(after=watch.timeout / 2):
        return {"takes": True}
    return {"takes": False, "problem": watch.problem()}
