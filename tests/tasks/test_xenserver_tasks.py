"""XenServer's own tasks: cancelled, followed."""

import json

import pytest

from tasks import task
from tests.tasks.harness import Harness
from xenserver import errors


def test_cancel_ends_a_task(harness: Harness) -> None:
    harness.pool.do("hold")
    job = harness.begin("VM.clean_shutdown", harness.ref("VM", "web01"))

    answer = harness.do(task.cancel, task=job)

    assert answer == {"return_result": "Task cancelled", "uuid": job}
    assert harness.record("task", job)["status"] == "cancelled"
    assert harness.state("web01") == "Running"


def test_cancel_says_what_became_of_a_task_that_had_ended(harness: Harness) -> None:
    """It is too late to cancel it, which is not an error."""
    job = harness.begin("VM.start", harness.ref("VM", "web01"), False, False)  # noqa: FBT003 - in wire order
    with pytest.raises(errors.Refused):
        harness.do(task.follow, task=job)

    assert harness.do(task.cancel, task=job)["return_result"] == (
        "Task failed before it could be cancelled"
    )


def test_cancel_does_not_know_what_is_no_task(harness: Harness) -> None:
    with pytest.raises(errors.Refused, match="is the UUID of a VM, not of a task"):
        harness.do(task.cancel, task=harness.uuid("VM", "web01"))


def test_follow_gives_the_record_of_a_task_that_succeeded(harness: Harness) -> None:
    job = harness.begin("VM.clone", harness.ref("VM", "web02"), "web03")

    answer = harness.do(task.follow, task=job)

    assert answer["return_result"] == "Task succeeded"
    reply = answer["task"]
    assert (reply["uuid"], reply["name_label"]) == (job, "Async.VM.clone")
    assert (reply["status"], reply["progress"]) == ("success", 1.0)
    assert reply["result"] == answer["uuid"] == harness.uuid("VM", "web03")
    assert reply["finished"] == harness.record("task", job)["finished"]


def test_follow_tells_each_of_many_that_a_task_made(harness: Harness) -> None:
    """A VLAN outside has an interface on each host."""
    eth0 = next(ref for ref, pif in harness.all("PIF").items() if pif["physical"])
    job = harness.begin("pool.create_VLAN_from_PIF", eth0, harness.ref("network", "lab"), "77")

    answer = harness.do(task.follow, task=job)

    vlans = {pif["uuid"] for pif in harness.all("PIF").values() if int(pif["VLAN"]) == 77}
    assert set(json.loads(answer["task"]["result"])) == vlans
    assert "uuid" not in answer


def test_follow_of_what_makes_nothing_names_nothing(harness: Harness) -> None:
    """The result is empty."""
    job = harness.begin("VM.start", harness.ref("VM", "web02"), False, False)  # noqa: FBT003 - in wire order

    answer = harness.do(task.follow, task=job)

    assert "uuid" not in answer
    assert answer["task"]["result"] == ""


def test_follow_fails_as_the_task_fails(harness: Harness) -> None:
    job = harness.begin("VM.clean_shutdown", harness.ref("VM", "web02"))

    with pytest.raises(errors.Refused, match="is halted; it must be running"):
        harness.do(task.follow, task=job)


def test_follow_fails_at_once_where_there_is_no_task(harness: Harness) -> None:
    with pytest.raises(errors.Missing, match="no task has the UUID"):
        harness.do(task.follow, task="00000000-0000-4000-8000-000000000000")
