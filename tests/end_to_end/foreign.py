"""Another service, with nothing of ours: a bare Celery application, its worker, its tasks."""

import os
from typing import TYPE_CHECKING, Any, cast

from celery import Celery

if TYPE_CHECKING:
    from celery.backends.redis import RedisBackend

app = Celery(
    "foreign", broker=os.environ["XENFLOW_REDIS_URL"], backend=os.environ["XENFLOW_REDIS_URL"]
)
app.conf.task_default_queue = "foreign"
app.conf.broker_connection_retry_on_startup = True
# Workers of Celery 5.7 answer a revoked message at once, for whoever it is that has it. A test of
# what such a worker does wrong sets the variable.
app.conf.worker_enable_remote_control = "FOREIGN_REMOTE_CONTROL" in os.environ


@app.task(name="foreign.after")
def after(previous: Any) -> dict[str, Any]:
    """Follow a step in a chain of another service."""
    return {"after": previous}


@app.task(name="foreign.fail")
def fail(_previous: Any) -> None:
    """Fail, as a step of another service."""
    problem = "the neighbour is not well"
    raise RuntimeError(problem)


@app.task(name="foreign.count")
def count(results: list[Any]) -> int:
    """Run as the body of a chord of another service."""
    return len(results)


@app.task(name="foreign.note")
def note(task_id: str, *, key: str) -> None:
    """Run as an error callback of another service; store its arguments in Redis."""
    cast("RedisBackend", app.backend).client.rpush(key, task_id)  # as the application says
