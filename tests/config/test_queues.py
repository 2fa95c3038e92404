"""Each message goes to the queue of its kind."""

import pytest
from celery import Celery

from config import queues


@pytest.mark.parametrize(
    ("name", "queue"),
    [
        ("xenserver.vm.start", queues.CHANGE),
        ("xenserver.vm.find", queues.FIND),
        ("flow.find_list_of_vms", queues.CHANGE),
        ("xenflow.poll", queues.POLL),
        ("xenflow.reconcile", queues.MAINTENANCE),
        ("mine.anything", queues.CHANGE),
    ],
)
def test_a_message_is_routed_by_its_name(name: str, queue: str) -> None:
    """Celery itself decides, by our patterns."""
    app = Celery(set_as_current=False)
    app.conf.update(task_routes=queues.ROUTES, task_default_queue=queues.CHANGE)

    routed = app.amqp.router.route({}, name)

    assert routed["queue"].name == queue


def test_a_worker_serves_every_queue_but_the_pollers() -> None:
    """A long poll holds no slot of theirs."""
    routed = {route["queue"] for route in queues.ROUTES.values()}

    assert set(queues.OPERATIONS) | {queues.POLL} == routed | {queues.DEFAULT}
    assert queues.POLL not in queues.OPERATIONS
