"""A plain Celery application whose worker takes messages by our transport."""

import os

from celery import Celery

from workers.broker import transport

URL = os.environ["XENFLOW_REDIS_URL"]

app = Celery("taking", broker=URL, backend=URL)
app.conf.update(
    broker_transport=transport.name(URL),
    broker_transport_options={
        "visibility_timeout": 3,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": 2,
        "unacked_restore_limit": 1000,
    },
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
)


@app.task(name="taking.step")
def step(number: int) -> int:
    """Answer at once."""
    return number
