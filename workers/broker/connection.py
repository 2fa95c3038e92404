"""A worker's ways to the broker: tried again soon, and for as long as it takes."""

import random
import time
from typing import Any

import kombu
from celery.app.amqp import AMQP

from tasks.engine import infrastructure

LONGEST = 60.0  # seconds for which a publication is tried; then the message is given back

_BACKOFF = {"interval_start": 0.2, "interval_step": 0.4, "interval_max": 3.0}  # seconds


class Connection(kombu.Connection):
    """A connection whose tries are never half a minute apart, as kombu's come to be."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """Connect, as often as it takes."""
        return super().ensure_connection(*args, **{**_BACKOFF, **options})


class RetryingAMQP(AMQP):
    """Celery's publishing, which waits for a Redis that answers with errors.

    What follows a task (callbacks, the next of a chain, the body of a chord) has ids of its own, so
    that it may be published twice; but Celery takes a failure to publish for one of the task.
    """

    Connection = Connection

    def _retry_publish(self, publish: Any, *args: Any, **options: Any) -> Any:
        until = time.monotonic() + LONGEST
        while True:
            try:
                return super()._retry_publish(publish, *args, **options)  # type: ignore[misc]  # the stubs do not know it
            except infrastructure.POSSIBLE as error:
                if not infrastructure.is_trouble(error) or time.monotonic() > until:
                    infrastructure.requeue(error)
            time.sleep(random.uniform(*infrastructure.PAUSE))  # noqa: S311 - jitter
