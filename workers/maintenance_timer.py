"""The maintenance timer of every worker: once a second it sends what is due, and missing pollers.

It needs no scheduler of its own and no leader: each step is atomic, so any number of workers may
do it at once.
"""

from typing import Any

import structlog
from celery import bootsteps
from celery.worker import state as worker_state

from config import redis_replies
from tasks.engine.execution.runtime import Runtime
from tasks.engine.journal.record import CancelRequest
from tasks.engine.messages import publisher
from workers.broker.acknowledgement import TROUBLE
from workers.reconciler import reconcile

EVERY = 1.0  # seconds

log = structlog.get_logger()


class MaintenanceTimer(bootsteps.StartStopStep):
    """A timer in the consumer of every worker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None
        self._cancelled: set[str] = set()

    def start(self, parent: Any) -> None:
        """Start the timer."""
        self._timer = parent.timer.call_repeatedly(EVERY, self._tick, (parent.app.runtime,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery's own signature
        """Stop the timer."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _tick(self, runtime: Runtime) -> None:
        try:
            runtime.publisher.resume(*runtime.journal.due())
            self._cancel_revoked(runtime)
            for place in runtime.parked.without_poller():
                connection = runtime.parked.connection(place)
                runtime.publisher.send(publisher.POLL, {"place": place, "connection": connection})
            if runtime.journal.reconcile_is_due(reconcile.EVERY):
                runtime.publisher.send(publisher.RECONCILE, {})
        except TROUBLE as error:
            log.warning("maintenance.error", error=str(error))

    def _cancel_revoked(self, runtime: Runtime) -> None:
        """Cancel in the journal what Celery was asked to revoke: what is parked is in no queue."""
        revoked = set(worker_state.revoked)
        for operation in revoked - self._cancelled:
            try:
                _, sending = runtime.journal.cancel(operation, CancelRequest.REVOKED)
            except redis_replies.ReplyError as error:
                if not error.key:
                    raise
                log.warning("maintenance.error", error=str(error))  # it stops nothing else
            else:
                runtime.publisher.resume(sending)
        self._cancelled = revoked
