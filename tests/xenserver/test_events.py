"""How the ends of tasks are noticed."""

import pytest

from config.targets import Target
from tests.xenserver.pools import Pool
from xenserver import events
from xenserver.client import Xen
from xenserver.session import Sessions

HEADER = {"X-Http-Other-Config-xenflow-operation": "id/1"}
PLAINLY = (False, False)  # neither paused nor forced


def _end(sessions: Sessions, target: Target, task: str) -> events.TaskEnd:
    """Follow the events until this task ended."""
    token: str | None = events.START
    while True:
        seen, token = events.changes(sessions, target, token, 5.0)
        for event in seen:
            if isinstance(event, events.TaskEnd) and event.ref == task:
                return event


def test_a_success_tells_what_was_made_and_for_whom(
    xen: Xen, sessions: Sessions, target: Target
) -> None:
    """The reference of the new VM, and the header of the call."""
    task = xen.launch(xen.Async.VM.clone(xen.find.vm("web02"), "copy"), HEADER)

    end = _end(sessions, target, task)

    assert (end.status, end.tag) == ("success", "id/1")
    assert xen.VM.get_name_label(end.result) == "copy"


def test_a_success_without_result_is_the_empty_text(
    xen: Xen, sessions: Sessions, target: Target
) -> None:
    """Most verbs make nothing."""
    task = xen.launch(xen.Async.VM.start(xen.find.vm("web02"), *PLAINLY))

    assert _end(sessions, target, task).result == ""


def test_a_failure_tells_xenservers_error(xen: Xen, sessions: Sessions, target: Target) -> None:
    task = xen.launch(xen.Async.VM.start(xen.find.vm("web01"), *PLAINLY))

    end = _end(sessions, target, task)

    assert (end.status, end.error_info[0]) == ("failure", "VM_BAD_POWER_STATE")


def test_a_cancelled_task_is_cancelled(
    xen: Xen, sessions: Sessions, target: Target, pool: Pool
) -> None:
    pool.do("hold")
    task = xen.launch(xen.Async.VM.clone(xen.find.vm("web02"), "copy"))
    xen.task.cancel(task)
    pool.do("release")

    assert _end(sessions, target, task).status == "cancelled"


def test_a_running_task_tells_its_progress(
    xen: Xen, sessions: Sessions, target: Target, pool: Pool
) -> None:
    pool.do("hold")
    task = xen.launch(xen.Async.VM.clone(xen.find.vm("web02"), "copy"))

    seen, _token = events.changes(sessions, target, events.START, 5.0)

    assert [event.ref for event in seen if isinstance(event, events.TaskProgress)][:1] == [task]


def test_a_destroyed_task_is_gone(xen: Xen, sessions: Sessions, target: Target) -> None:
    """Its outcome cannot be read any more."""
    task = xen.task.create("probe", "")
    _seen, token = events.changes(sessions, target, events.START, 5.0)
    xen.task.set_status(task, "success")
    xen.task.destroy(task)

    seen, _token = events.changes(sessions, target, token, 5.0)

    assert seen == [events.TaskGone(task)]


def test_a_quiet_pool_answers_when_the_time_is_over(sessions: Sessions, target: Target) -> None:
    """It returns no event, and a new token."""
    _seen, token = events.changes(sessions, target, events.START, 0.0)

    assert events.changes(sessions, target, token, 0.0) == ([], token)


def test_a_token_that_nobody_understands_begins_anew(
    xen: Xen, sessions: Sessions, target: Target
) -> None:
    task = xen.task.create("probe", "")

    seen, token = events.changes(sessions, target, "nonsense", 0.0)

    assert events.TaskProgress(task, 0.0) in seen
    assert token


def test_a_server_without_long_polls_is_read_instead(
    xen: Xen, sessions: Sessions, target: Target, pool: Pool
) -> None:
    """All tasks come in one call; without a token the caller has to wait."""
    task = xen.task.create("probe", "")
    pool.do("fault", what="refuse", method="event.from", code="MESSAGE_METHOD_UNKNOWN")

    seen, token = events.changes(sessions, target, events.START, 5.0)

    assert (seen, token) == ([events.TaskProgress(task, 0.0)], None)
    assert events.changes(sessions, target, None, 5.0) == (seen, None)


@pytest.mark.parametrize(
    ("result", "made"),
    [
        ("", ""),
        ("<value></value>", ""),
        ("<value>OpaqueRef:1</value>", "OpaqueRef:1"),
        ("<value><array><data><value>a</value><value>b</value></data></array></value>", ["a", "b"]),
        ("plain text", "plain text"),
        ("<value><broken", "<value><broken"),
        ("<value><int>x</int></value>", "<value><int>x</int></value>"),
    ],
)
def test_a_result_is_taken_out_of_its_xml(result: str, made: str | list[str]) -> None:
    """What is none stays as it is."""
    end = events.task_event(
        "OpaqueRef:t", {"status": "success", "result": result, "error_info": []}
    )

    assert isinstance(end, events.TaskEnd)
    assert end.result == made
