"""Maintenance tasks: the ends of canvases, as Celery's callbacks report them."""

from typing import Any

from celery import Celery
from celery.exceptions import Ignore

from tasks.engine import infrastructure
from tasks.engine.execution import failures, outcomes
from tasks.engine.execution.runtime import EngineApp
from tasks.engine.journal.record import FAILED_CALLBACK, Failing
from tasks.engine.messages import publisher, refusals
from workers.broker import dead_letters, unread_lists
from workers.reconciler import reconcile as reconciler
from xenserver import errors


def register(app: EngineApp) -> None:
    """Make the maintenance tasks tasks of the app, and of no other: they use its runtime."""

    @app.task(name=refusals.REFUSED, bind=True, throws=(errors.Refused,), shared=False)
    @infrastructure.guarded
    def refused(self: Any) -> None:
        """Answer for an unknown operation; a known one of this id continues."""
        self.request.task = self.request.shadow  # what the answer is kept under
        raise _refusal(app, self.request, self.backend)

    @app.task(name=publisher.STEP_SUCCEEDED, ignore_result=True, shared=False, send_events=False)
    @infrastructure.guarded
    def landed(answer: object, operation: str, label: str) -> None:
        """Complete the canvas of a flow with the answer of its last step."""
        outcome = outcomes.success(answer)
        app.runtime.publisher.resume(app.runtime.journal.complete(operation, label, outcome))

    # bound, so that Celery sends it as a task: it calls an unbound error callback on the spot where
    # that takes more than one argument, and a guarded one seems to take any number
    @app.task(
        name=publisher.STEP_FAILED, bind=True, ignore_result=True, shared=False, send_events=False
    )
    @infrastructure.guarded
    def failed(_task: Any, step: str, operation: str, label: str) -> None:
        """Mark a flow as failing by a step of another program; our own steps do so themselves."""
        error = failures.record(_error_of(app, step))
        app.runtime.journal.fail_flow(operation, Failing(step, step, error))
        point = f"{label}{FAILED_CALLBACK}"
        resumed = app.runtime.journal.complete(operation, point, outcomes.success(step))
        app.runtime.publisher.resume(resumed)

    @app.task(name=publisher.RECONCILE, ignore_result=True, shared=False, send_events=False)
    def reconcile() -> None:
        """Complete stalled operations, destroy orphans, and move messages that nobody reads."""
        with dead_letters.client_of(app) as broker:
            unread_lists.rescue(broker, app.runtime.settings.global_keyprefix)
        targets = reconciler.everywhere(app.runtime, most=reconciler.HOSTS_AT_ONCE)
        reconciler.reconcile(app.runtime, targets)


def _refusal(app: EngineApp, request: Any, backend: Any) -> Exception:
    """Return how a message for an unknown operation ends, which replaces no stored end."""
    error = refusals.error_of(vars(request))
    if error is None:
        return Ignore("nobody says why it is refused")
    if app.runtime.journal.knows(request.id):
        app.runtime.journal.note_refused(request.id, str(error))
        backend.pass_on_refusal(request, error)
        return Ignore("its id is that of another message")
    backend.store_refusal(request, error)
    request.ignore_result = True  # it is stored, unless an end is
    return error


def _error_of(app: Celery, step: str) -> errors.XenflowError:
    found = app.AsyncResult(step).result
    return failures.foreign(found if isinstance(found, BaseException) else RuntimeError(str(found)))
