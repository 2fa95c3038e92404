"""A caller who is answered at the deadline, while the run goes on, gets what Celery gives."""

import pytest
from celery import states
from celery.exceptions import Retry

from tasks.engine.celery_tasks import OperationTask
from tasks.engine.execution import failures
from tasks.engine.execution.execution import Suspended
from tasks.engine.journal.record import ErrorRecord
from workers.app import Xenflow
from xenserver import errors


def record() -> ErrorRecord:
    """Return the record of an error that was raised."""
    with pytest.raises(errors.TimedOut) as caught:
        fail()
    return failures.record(caught.value, caught.value)


def fail() -> None:
    raise errors.TimedOut("XENFLOW_TIMED_OUT", [], "it took too long")


@pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")  # Celery's own
def test_an_early_answer_has_code_message_and_stack_trace(worker: Xenflow) -> None:
    """The trace is that of the error that ended the operation."""
    task = worker.tasks["xenserver.vm.clone"]
    assert isinstance(task, OperationTask)
    task.push_request(id="op")

    with pytest.raises(Retry):
        task._ended(Suspended("its call is at work", early=failures.error(record())))  # noqa: SLF001 - what `run` returns by
    task.pop_request()

    answer = worker.backend.get_task_meta("op")
    assert (answer["status"], type(answer["result"])) == (states.FAILURE, errors.TimedOut)
    assert "Traceback (most recent call last)" in answer["traceback"]
    assert "in fail" in answer["traceback"]
