"""Celery reports a failed step to its flow by a message, also for steps of another service."""

from celery.app.task import Context

from config import queues
from tasks.engine.messages import publisher
from tests.stack import StackHarness


def test_an_error_callback_is_sent_as_a_message(isolated_stack: StackHarness) -> None:
    """Celery calls some on the spot, with other arguments, in the place of sending them."""
    stack = isolated_stack
    reply = {"operation": "flow", "label": "0"}
    callback = stack.app.signature(publisher.STEP_FAILED, kwargs=reply, queue=queues.MAINTENANCE)
    request = Context(id="step", root_id="flow", errbacks=[callback], delivery_info={})

    stack.app.backend.mark_as_failure(
        "step", RuntimeError("why"), request=request, store_result=False
    )

    assert stack.redis.llen(queues.MAINTENANCE) == 1
