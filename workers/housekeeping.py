"""Our own small tasks: the landing of canvases, the calling off of operations."""

from typing import Any

from celery import Celery, Task

from tasks.frame import faults, post
from xenserver import errors


def register(app: Celery) -> None:
    """Make the housekeeping tasks tasks of the app."""
    options: dict[str, Any] = {"ignore_result": True, "bind": True}
    app.task(_landed, name=post.LANDED, **options)
    app.task(_fell, name=post.FELL, **options)


def _landed(task: Task, answer: object, operation: str, leg: str) -> None:  # type: ignore[type-arg]  # generic only in the stubs
    """Land the canvas of a flow with the answer of its last step."""
    desk = task.app.desk
    outcome = {"status": "success", "result": answer}
    desk.post.again(desk.journal.settle(operation, leg, outcome))


def _fell(task: Task, step: str, operation: str, leg: str) -> None:  # type: ignore[type-arg]  # generic only in the stubs
    """Mark a flow as failing when a step that is none of ours failed; ours have done so themselves."""
    desk = task.app.desk
    error = _error_of(task.app, step)
    failing = {"step": step, "name": step, "error": faults.document(error)}
    desk.journal.fail_flow(operation, failing)
    desk.post.again(desk.journal.settle(operation, f"{leg}:fell", {"step": step}))


def _error_of(app: Celery, step: str) -> errors.XenflowError:
    found = app.AsyncResult(step).result
    return faults.foreign(found if isinstance(found, BaseException) else RuntimeError(str(found)))
