"""The threads of a worker: whatever goes wrong with a message outside of its task, it is let go.

Celery's own pool forgets an exception that its bookkeeping raises, and with it the message: that is
never acknowledged, and its slot is lost.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from celery.concurrency.base import apply_target
from celery.concurrency.thread import TaskPool
from celery.exceptions import Reject

from tasks.engine import infrastructure

log = structlog.get_logger()


class Pool(TaskPool):
    """Celery's threads, which lose no slot."""

    def on_apply(
        self,
        target: Callable[..., Any],
        args: Any = None,
        kwargs: Any = None,
        callback: Any = None,
        accept_callback: Any = None,
        **_: Any,
    ) -> Any:
        """Run a request on a thread; `callback` is a method of the request."""
        job = partial(apply_target, target, args, kwargs, callback, accept_callback)
        return super().on_apply(_run, (job, callback.__self__), callback=_ignored)


def _run(job: Callable[[], Any], request: Any) -> None:
    """Run a job; requeue its message if the infrastructure failed, else acknowledge it."""
    try:
        job()
    except Reject as rejection:
        request.reject(requeue=bool(vars(rejection)["requeue"]))  # the stubs do not know it
    except Exception as error:
        log.exception("request.not_finished", id=request.id, task=request.name)
        request.reject(requeue=infrastructure.is_trouble(error))


def _ignored(_: object) -> None:
    """Do nothing: the job has updated its request."""
