"""The beat of every worker: once a second it calls back what is due, and for missing pollers.

It needs no scheduler of its own and no leader: each step is atomic, so any number of workers may
beat at once.
"""

from typing import Any

import structlog
from celery import bootsteps
from celery.worker import state as worker_state

from tasks.engine.execution.runtime import Runtime
from tasks.engine.messages import publisher
from workers.broker.acknowledgement import TROUBLE

EVERY = 1.0  # seconds

log = structlog.get_logger()


class Beat(bootsteps.StartStopStep):
    """A timer in the consumer of every worker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None
        self._called_off: set[str] = set()

    def start(self, parent: Any) -> None:
        """Begin to beat."""
        self._timer = parent.timer.call_repeatedly(EVERY, self._beat, (parent.app.runtime,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery's own signature
        """Beat no more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _beat(self, runtime: Runtime) -> None:
        try:
            runtime.publisher.again(*runtime.journal.awake())
            self._call_off_revoked(runtime)
            for place in runtime.parked.orphans():
                connection = runtime.parked.connection(place)
                runtime.publisher.send(publisher.POLL, {"place": place, "connection": connection})
        except TROUBLE as trouble:
            log.warning("beat.trouble", error=str(trouble))

    def _call_off_revoked(self, runtime: Runtime) -> None:
        """Return the journal what Celery was told to revoke: a parked operation meets no worker."""
        revoked = set(worker_state.revoked)
        for operation in revoked - self._called_off:
            runtime.publisher.again(runtime.journal.call_off(operation, "revoked")[1])
        self._called_off = revoked
