"""The poller: a Celery task per target that follows XenServer's tasks and lands what is parked.

It is single-flight by a lease, long-polls `event.from` in slices of some 25 s and sends itself
again while anything is parked; with nothing parked it ends, and the next one that parks sends for
it. It looks at no operation, only at references: what an end means is the engine's business. Its
token moves on after delivery, so a poller that dies repeats itself; landing twice lands once.

A *place* is what operations of one target are parked under: its name, or the address of a host that
messages name.

    lease --> all tasks, once --> long poll --> land, show progress --> long poll ... --> no lease
                    ^                                                      |
                    +-- another session: the toolstack may have restarted -+
"""

import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from functools import cached_property

import structlog
from celery import Celery, signals
from redis.exceptions import RedisError

from config.targets import Target
from tasks.engine import retry
from tasks.engine.execution import outcomes
from tasks.engine.execution.points.addresses import PREFIX as GUEST
from tasks.engine.execution.runtime import EngineApp, Runtime
from tasks.engine.journal.parked import EARLY_FOR, GONE_FOR, Ended
from tasks.engine.journal.record import Document
from tasks.engine.messages import publisher
from workers import poller_state, result_backend
from workers.guest_waiters import GuestWaiters
from xenserver import errors, events
from xenserver.values import Record

SLICE = 25.0  # seconds one message of the poller is at work
LONG_POLL = 5.0  # seconds XenServer holds an idle look; so long a new guest may go unseen
OFTEN, SELDOM = 0.5, 10.0  # seconds between two readings of all tasks, where there is no long poll
SAFETY = 30.0  # seconds between two readings of all tasks, for ends whose event was lost

log = structlog.get_logger()

stopping = threading.Event()
"""Set when this process is to end."""


@signals.worker_shutting_down.connect
def stop(**_: object) -> None:
    """End the slices of this process, and the pauses in them; other pollers go on."""
    stopping.set()


def register(app: EngineApp) -> None:
    """Make the poller a task of the app, and of no other: it uses its runtime."""

    @app.task(
        name=publisher.POLL,
        ignore_result=True,
        acks_late=False,
        shared=False,
        send_events=False,  # monitors show operations
    )
    def poll(place: str, connection: Document) -> None:
        """Follow the XenServer tasks of one target for a slice."""
        _follow(app, place, connection)


def _follow(app: EngineApp, place: str, connection: Document) -> None:
    runtime = app.runtime
    holder = uuid.uuid4().hex
    if not runtime.parked.take_lease(place, holder, runtime.journal.lease_ms):
        return
    try:
        with _Renewing(runtime, place, holder):
            Poller(app, runtime, place, connection).work(time.monotonic() + SLICE)
    finally:
        goes_on = runtime.parked.end_lease(place, holder)
    if goes_on:
        runtime.publisher.send(publisher.POLL, {"place": place, "connection": connection})


class Poller:
    """One slice of following one target."""

    def __init__(self, app: Celery, runtime: Runtime, place: str, connection: Document) -> None:
        self._app = app
        self._runtime = runtime
        self._place = place
        self._connection = connection
        self._state = poller_state.of(place, runtime.settings)
        self._shown: dict[str, float] = {}
        self._moved = True
        self._interval = OFTEN

    @cached_property
    def _target(self) -> Target:
        """The target; that it is gone from the profiles is a trouble like others."""
        return self._runtime.target(self._connection)

    def work(self, until: float) -> None:
        """Poll until the slice is over, nothing is parked, or this process is to end."""
        while self._continues(until):
            try:
                self._read_events(until)
                self._recovered()
            except (errors.XenflowError, RedisError) as error:
                self._back_off(error)

    def _continues(self, until: float) -> bool:
        if stopping.is_set() or time.monotonic() >= until:
            return False
        return self._runtime.parked.count(self._place) > 0

    def _read_events(self, until: float) -> None:
        """Long-poll once; the token moves on after what it brought has landed."""
        sessions = self._runtime.sessions
        guests = GuestWaiters(self._runtime.parked.guests(self._place), self._state.metrics)
        at = poller_state.Position(sessions.logins(self._target), guests.watched())
        now = time.monotonic()
        token = self._state.token(at, now)
        is_due = self._state.reading_is_due(now)
        if (
            token == events.START
            or is_due
            or self._runtime.parked.safety_is_due(self._place, SAFETY)
        ):
            self._read_all_tasks()
        left = 0.0 if token == events.START else max(min(LONG_POLL, until - time.monotonic()), 0.0)
        self._state.rate_limiter.wait()
        seen, further = events.changes(sessions, self._target, token, left, at.watched)
        self._land(seen, guests)
        self._state.move_on(at, further)
        self._runtime.parked.note_look(self._place)
        if further is None:  # this XenServer has no long poll
            self._wait_without_events()

    def _read_all_tasks(self) -> None:
        """Read all tasks once: land what ended, and what is parked under a task that is gone."""
        refs = [r for r in self._runtime.parked.refs(self._place) if not r.startswith(GUEST)]
        records = events.all_tasks(self._runtime.sessions, self._target)
        ended = {r for r in refs if r in records and _has_ended(records[r])}
        gone = {r for r in refs if r not in records}
        self._land(events.task_event(ref, records[ref]) for ref in ended)
        self._land(events.TaskGone(ref) for ref in gone)
        running = [events.task_event(ref, records[ref]) for ref in set(refs) - ended - gone]
        self._end_stuck(self._state.stuck(running, time.monotonic()))

    def _end_stuck(self, refs: Iterable[str]) -> None:
        """Land what is parked under tasks that are done but never end."""
        ended = [Ended(ref, outcomes.STUCK) for ref in refs]
        self._runtime.publisher.resume(*self._runtime.parked.land(self._place, ended))

    def _wait_without_events(self) -> None:
        """Wait before reading all tasks again, for want of a long poll: less while things move."""
        moved = self._moved
        self._moved = False
        self._interval = OFTEN if moved else min(self._interval * 1.5, SELDOM)
        stopping.wait(self._interval)

    def _land(self, seen: Iterable[events.Event], guests: GuestWaiters | None = None) -> None:
        ended: list[Ended] = []
        running: dict[str, float] = {}
        for event in seen:
            match event:
                case events.TaskProgress(ref, progress):
                    running[ref] = progress
                case events.TaskEnd(ref=ref, tag=tag):
                    keep = EARLY_FOR if tag else 0
                    ended.append(Ended(ref, outcomes.of_end(event), keep=keep))
                case events.TaskGone(ref):
                    ended.append(Ended(ref, outcomes.VANISHED, keep=GONE_FOR))
                case events.VmSeen() | events.GuestSeen() if guests:
                    ended.extend(guests.ends(event))
        landed = self._runtime.parked.land(self._place, ended)
        self._moved = self._moved or bool(landed)
        self._runtime.publisher.resume(*landed)
        self._show(running)

    def _show(self, running: Mapping[str, float]) -> None:
        """Show progress, at most once a second for each task."""
        now = time.monotonic()
        fresh = {r: p for r, p in running.items() if p > 0 and now - self._shown.get(r, 0.0) >= 1.0}
        if not fresh:
            return
        self._shown.update(dict.fromkeys(fresh, now))
        results = result_backend.of(self._app)
        self._runtime.parked.show_progress(
            self._place,
            fresh,
            results=results.results_prefix(),
            document=results.progress_document(),
            expires=int(self._runtime.settings.result_expires),
        )

    def _recovered(self) -> None:
        """Forget the error of a target that answers again, or of which nothing is known yet."""
        if self._state.failures != 0:
            self._state.failures = 0
            self._runtime.parked.forget_error(self._place)

    def _back_off(self, error: Exception) -> None:
        """Wait after a failure, longer each time; note it for `xenflow targets`."""
        failures = self._state.failures or 0
        pause = retry.delay(failures)
        self._state.failures = failures + 1
        text = str(error)
        log.warning("poller.error", target=self._place, error=text, pause=round(pause, 1))
        if isinstance(error, errors.XenflowError):
            self._runtime.parked.note_error(self._place, text, pause)
        stopping.wait(pause)


def _has_ended(record: Record) -> bool:
    return isinstance(events.task_event("", record), events.TaskEnd)


class _Renewing:
    """Renew the poller's lease while the block runs, also through a long poll."""

    def __init__(self, runtime: Runtime, place: str, holder: str) -> None:
        self._runtime = runtime
        self._claim = (place, holder, runtime.journal.lease_ms)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease {place}", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._over.wait(self._runtime.journal.lease_ms / 3000):
            try:
                self._runtime.parked.take_lease(*self._claim)
            except RedisError:
                continue  # Redis is away: the lease lapses, and another poller takes it
