"""The poller: one Celery task per target that follows XenServer's tasks and lands the operations parked on them.

It is single-flight by a lease, long-polls `event.from` in slices of some 25 s and sends itself again while anything is parked; with nothing
parked it ends, and the next one that parks sends for it. It looks at no operation, only at references: what an end means is the frame's
business. Its token is kept after delivery, so a poller that dies repeats what it told; landing twice lands once.

    take the lease --> catch up (all tasks, once) --> long poll --> land, show progress --> long poll ... --> give up the lease
                              ^                                                                  |
                              +--- lost token, restarted toolstack: read all task records once <--+
"""

import random
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from celery import Celery, Task

from tasks.frame import post
from tasks.frame.desk import Desk
from tasks.frame.parked import Ended
from tasks.frame.travel import outcome_of
from workers.pace import Pace
from xenserver import errors, events

SLICE = 25.0  # seconds one message of the poller is at work
LONG_POLL = 20.0  # seconds XenServer holds a look at which nothing happens
LEASE_MS = 10_000
RENEWALS = 3.0  # seconds between renewals of the lease
SAFETY = 30.0  # seconds between two readings of all tasks, for ends whose event was lost
LONGEST_BACKOFF = 30.0

log = structlog.get_logger()


def register(app: Celery) -> None:
    """Make the poller a task of the app."""
    app.task(_poll, name=post.POLL, ignore_result=True, bind=True, acks_late=False)


def _poll(task: Task, place: str, connection: dict[str, Any]) -> None:  # type: ignore[type-arg]  # generic only in the stubs
    """Follow the XenServer tasks of one target for a slice."""
    desk: Desk = task.app.desk
    holder = uuid.uuid4().hex
    if not desk.parked.take_lease(place, holder, LEASE_MS):
        return
    poller = Poller(task.app, desk, place, connection)
    with _Renewing(desk, place, holder):
        poller.work(time.monotonic() + SLICE)
    if desk.parked.end_lease(place, holder):
        desk.post.send(post.POLL, {"place": place, "connection": connection})


class Poller:
    """One slice of following one target."""

    def __init__(self, app: Celery, desk: Desk, place: str, connection: Mapping[str, Any]) -> None:
        self._app = app
        self._desk = desk
        self._place = place
        self._target = desk.target(connection)
        self._pace = Pace(desk.settings.pace, desk.settings.pace_burst)
        self._shown: dict[str, float] = {}
        self._failures = 0

    def work(self, until: float) -> None:
        """Look until the slice is over or nothing is parked."""
        token: str | None = events.START
        caught_up = 0.0
        while time.monotonic() < until and self._desk.parked.count(self._place):
            try:
                if time.monotonic() - caught_up > SAFETY:
                    self._catch_up()
                    caught_up = time.monotonic()
                token = self._look(token, until)
                self._failures = 0
            except errors.XenflowError as trouble:
                token = events.START
                self._back_off(trouble)

    def _look(self, token: str | None, until: float) -> str | None:
        self._pace.wait()
        left = max(min(LONG_POLL, until - time.monotonic()), 0.1)
        seen, token = events.task_events(self._desk.sessions, self._target, token, left)
        self._land(seen)
        return token

    def _catch_up(self) -> None:
        """Read all tasks once: land what ended, and what is parked under a task that is no more."""
        refs = self._desk.parked.refs(self._place)
        records = events.all_tasks(self._desk.sessions, self._target)
        self._land(events.told(ref, record) for ref, record in records.items())
        gone = [ref for ref in refs if ref not in records]
        self._land(events.TaskGone(ref) for ref in gone)

    def _land(self, seen: Iterable[events.TaskEvent]) -> None:
        ended: list[Ended] = []
        running: dict[str, float] = {}
        for event in seen:
            match event:
                case events.TaskProgress(ref, progress):
                    running[ref] = progress
                case events.TaskEnd(ref=ref, tag=tag):
                    ended.append(Ended(ref, outcome_of(event), bool(tag)))
                case events.TaskGone(ref):
                    ended.append(Ended(ref, {"status": "vanished", "result": ""}, tagged=False))
        self._desk.post.again(*self._desk.parked.land(self._place, ended))
        self._show(running)

    def _show(self, running: Mapping[str, float]) -> None:
        """Show progress, at most once a second for each task."""
        now = time.monotonic()
        fresh = {r: p for r, p in running.items() if p > 0 and now - self._shown.get(r, 0.0) >= 1.0}
        if not fresh:
            return
        self._shown.update(dict.fromkeys(fresh, now))
        backend = self._app.backend
        meta = backend._get_result_meta(  # noqa: SLF001 - the one place that knows how Celery writes a result
            result={"progress": "%PROGRESS%"}, state="PROGRESS", traceback=None, request=None
        )
        document = backend.encode({**meta, "task_id": "%ID%"})
        self._desk.parked.show_progress(
            self._place,
            fresh,
            results=backend.get_key_for_task("").decode(),
            document=document,
            expires=int(self._desk.settings.result_expires),
        )

    def _back_off(self, trouble: errors.XenflowError) -> None:
        """Wait after a failure, longer each time, with full jitter; say so where `xenflow targets` looks."""
        self._failures += 1
        pause = random.uniform(0.1, min(2.0**self._failures, LONGEST_BACKOFF))  # noqa: S311 - jitter
        log.warning("poller.trouble", target=self._place, error=trouble.message, pause=round(pause, 1))
        time.sleep(pause)


class _Renewing:
    """Renew the poller's lease while the block runs, also through a long poll."""

    def __init__(self, desk: Desk, place: str, holder: str) -> None:
        self._desk = desk
        self._claim = (place, holder, LEASE_MS)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease {place}", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._over.wait(RENEWALS):
            self._desk.parked.take_lease(*self._claim)
