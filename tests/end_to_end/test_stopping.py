"""Operations that are cancelled, time out, or whose caller does not wait."""

import uuid

import pytest
from celery import chain
from celery.exceptions import TaskRevokedError

from tests.stack import TIMEOUT, StackHarness
from xenserver import errors


def nothing_is_left(stack: StackHarness, name: str) -> bool:
    names = [record["name_label"] for record in stack.xenserver.records("VM").values()]
    return not any(label == name or label.startswith("xenflow:") for label in names)


def was_asked_to_stop(stack: StackHarness, operation: str) -> bool:
    return any(point.cancel_sent for point in stack.record(operation).points.values())


def test_async_answers_with_the_xenserver_task(stack: StackHarness, name: str) -> None:
    """The answer comes once XenServer has accepted the call; its fields are the task's."""
    with stack.xenserver.held():
        answer = stack.do("xenserver.vm.clone", vm="deb12", name=name, run_async=True)

        assert answer["task"]["name_label"] == "Async.VM.clone"
        assert answer["task"]["status"] == "pending"
    stack.until(lambda: stack.xenserver.named("VM", name), "the clone, under its own name")


def test_what_async_began_goes_on_to_its_end(stack: StackHarness, name: str) -> None:
    """Further suspension points follow, although the caller has its answer."""
    result = stack.send("xenserver.vm.install", template="blank", name=name, run_async=True)
    result.get(timeout=TIMEOUT)

    (machine,) = stack.until(lambda: stack.xenserver.named("VM", name), "the VM")
    stack.until(lambda: not stack.xenserver("VM.get_is_a_template", machine["ref"]), "provisioned")
    run = stack.runtime.journal.run(result.id)
    stack.until(lambda: all(stack.record(o).ended for o in run), "the end of the run")


def test_what_async_began_goes_on_though_it_was_fed(stack: StackHarness, name: str) -> None:
    """The answer before is not there any more, and what was taken from it is."""
    clone = stack.app.signature("xenserver.vm.clone", kwargs={"vm": "blank", "name": f"{name}-0"})
    fed = {"feed": {"template": "uuid"}, "name": name, "async": True}
    chain(clone, stack.app.signature("xenserver.vm.install", kwargs=fed)).apply_async()

    (machine,) = stack.until(lambda: stack.xenserver.named("VM", name), "the VM")
    stack.until(lambda: not stack.xenserver("VM.get_is_a_template", machine["ref"]), "provisioned")


def test_an_async_flow_answers_at_once_with_its_run(stack: StackHarness, name: str) -> None:
    """It has many XenServer tasks, and none yet; its answer has the id to follow."""
    flow = "flow.create_vm_from_configured_template"
    with stack.xenserver.held():
        answer = stack.do(flow, template="deb12", name=name, run_async=True)

        assert answer["task"]["name_label"] == flow
        assert answer["task"]["status"] == "pending"
    reply = stack.app.AsyncResult(answer["task"]["uuid"]).get(timeout=TIMEOUT)
    assert stack.xenserver.named("VM", name)[0]["uuid"] == reply["uuid"]


def test_an_async_flow_that_fails_leaves_nothing(stack: StackHarness, name: str) -> None:
    before = stack.xenserver.inventory()
    fields = {"template": "deb12", "name": name, "sr": "no such repository", "run_async": True}

    answer = stack.do("flow.create_vm_from_configured_template", **fields)

    with pytest.raises(errors.Missing, match="no such repository"):
        stack.app.AsyncResult(answer["task"]["uuid"]).get(timeout=TIMEOUT)
    assert stack.xenserver.inventory() == before


def test_a_deadline_ends_an_operation_and_what_it_runs(stack: StackHarness, name: str) -> None:
    """XenServer's task is cancelled, and nothing is left."""
    with stack.xenserver.held():
        result = stack.send("xenserver.vm.clone", vm="deb12", name=name, timeout=1)
        stack.until(lambda: was_asked_to_stop(stack, result.id), "asked to stop")

    with pytest.raises(errors.TimedOut, match="1 s"):
        result.get(timeout=TIMEOUT)
    assert nothing_is_left(stack, name)


def test_an_operation_that_is_cancelled_ends_as_cancelled(stack: StackHarness, name: str) -> None:
    """What runs on XenServer is cancelled, nothing is left."""
    with stack.xenserver.held():
        result = stack.send("xenserver.vm.clone", vm="deb12", name=name)
        stack.until(lambda: stack.record(result.id).phase == "parked", "parked")
        stack.cancel(result.id)
        stack.until(lambda: was_asked_to_stop(stack, result.id), "asked to stop")

    with pytest.raises(errors.Cancelled):
        result.get(timeout=TIMEOUT)
    assert nothing_is_left(stack, name)


def test_what_was_made_before_its_cancellation_is_undone(stack: StackHarness, name: str) -> None:
    """The clone exists, and the second call runs."""
    with stack.xenserver.held():
        result = stack.send("xenserver.vm.install", template="blank", name=name)
        stack.until(lambda: stack.record(result.id).point("0").parked, "the first call")
        stack.xenserver.control("advance", seconds=3.0)
        stack.until(lambda: stack.record(result.id).point("1").parked, "the second call")
        stack.cancel(result.id)
        stack.until(lambda: was_asked_to_stop(stack, result.id), "asked to stop")

    with pytest.raises(errors.Cancelled, match=f"undone: VM {name}"):
        result.get(timeout=TIMEOUT)
    assert nothing_is_left(stack, name)


@pytest.mark.parametrize("task", ["xenserver.vm.clone", "flow.create_vm_from_configured_template"])
def test_what_was_revoked_before_it_began_does_not_begin(
    stack: StackHarness, name: str, task: str
) -> None:
    """A plain Celery revoke of a message that no worker has taken yet."""
    task_id = str(uuid.uuid4())
    stack.app.control.revoke(task_id)
    stack.until(lambda: task_id in str(stack.app.control.inspect().revoked()), "known as revoked")

    fields = {"template" if task.startswith("flow") else "vm": "deb12", "name": name}
    result = stack.send(task, task_id=task_id, **fields)

    stack.until(lambda: stack.record(task_id).published, "its end")
    with pytest.raises(TaskRevokedError):
        result.get(timeout=TIMEOUT)
    assert nothing_is_left(stack, name)
    assert stack.runtime.journal.run(task_id) == [task_id]
