"""Our own small tasks: the landing of canvases, the calling off of operations."""

from typing import TYPE_CHECKING, Any

from celery.exceptions import Ignore

from tasks.engine import infrastructure
from tasks.engine.execution import failures
from tasks.engine.messages import publisher, refusals
from xenserver import errors

if TYPE_CHECKING:
    from workers.app import Xenflow


def register(app: "Xenflow") -> None:
    """Make the housekeeping tasks tasks of the app, and of no other: they work with its desk."""

    @app.task(name=refusals.REFUSED, bind=True, throws=(errors.Refused,), shared=False)
    @infrastructure.guarded
    def refused(self: Any) -> None:
        """Answer for an operation that nobody knows; a known one of this id goes on."""
        self.request.task = self.request.shadow  # what the answer is kept under
        refusal = refusals.error_of(vars(self.request))
        if refusal is None or app.runtime.journal.knows(self.request.id):
            raise Ignore("its id is that of another message")
        raise refusal

    @app.task(name=publisher.LANDED, ignore_result=True, shared=False)
    @infrastructure.guarded
    def landed(answer: object, operation: str, leg: str) -> None:
        """Land the canvas of a flow with the answer of its last step."""
        outcome = {"status": "success", "result": answer}
        app.runtime.publisher.again(app.runtime.journal.settle(operation, leg, outcome))

    @app.task(name=publisher.FELL, ignore_result=True, shared=False)
    @infrastructure.guarded
    def fell(step: str, operation: str, leg: str) -> None:
        """Mark a flow as failing by a step that is none of ours; ours have done so themselves."""
        failing = {"step": step, "name": step, "error": failures.document(_error_of(app, step))}
        app.runtime.journal.fail_flow(operation, failing)
        again = app.runtime.journal.settle(operation, f"{leg}:fell", {"step": step})
        app.runtime.publisher.again(again)


def _error_of(app: "Xenflow", step: str) -> errors.XenflowError:
    found = app.AsyncResult(step).result
    return failures.foreign(found if isinstance(found, BaseException) else RuntimeError(str(found)))
