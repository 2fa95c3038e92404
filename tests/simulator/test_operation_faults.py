"""Faults of operations: stalled, deaf to cancels, their task records gone."""

from typing import Any


def test_a_refusal_may_come_after_the_effect(xen: Any, control: Any, halted: str) -> None:
    """Such as a plug that fails half way: the drive shows as attached."""
    control("fault", what="refuse", method="VM.start", when="after", code="INTERNAL_ERROR")

    assert xen.refusal("VM.start", halted, False, False) == ["INTERNAL_ERROR"]

    assert xen("VM.get_power_state", halted) == "Running"


def test_a_drive_may_be_half_plugged(
    xen: Any, control: Any, running: str, drive_record: Any, disk_record: Any
) -> None:
    """The plug failed, and yet it shows as attached: it can neither be plugged nor destroyed."""
    drive = xen("VBD.create", drive_record(running, VDI=xen("VDI.create", disk_record())))
    error = {"code": "DEVICE_DETACH_TIMEOUT", "params": ["VBD", drive]}
    control("fault", what="refuse", method="VBD.plug", when="after", **error)

    assert xen.refusal("VBD.plug", drive) == ["DEVICE_DETACH_TIMEOUT", "VBD", drive]

    assert xen("VBD.get_currently_attached", drive) is True
    assert xen.refusal("VBD.plug", drive) == ["DEVICE_ALREADY_ATTACHED", drive]
    assert xen.refusal("VBD.destroy", drive)[0] == "OPERATION_NOT_ALLOWED"
    assert xen("VBD.unplug", drive) == ""


def test_a_stalled_operation_stays_pending(xen: Any, control: Any, halted: str, held: Any) -> None:
    """It does nothing until it is cancelled."""
    control("fault", what="stall", method="VM.start")
    task = xen("Async.VM.start", halted, False, False)
    held(3600)
    assert (xen("task.get_status", task), xen("VM.get_power_state", halted)) == (
        "pending",
        "Halted",
    )

    xen("task.cancel", task)
    held(1)

    assert xen("task.get_status", task) == "cancelled"


def test_an_operation_may_stall_at_its_end(xen: Any, control: Any, halted: str, held: Any) -> None:
    """The effect is there, the task is pending at 100 %."""
    control("fault", what="stall", method="VM.start", when="after", object=halted)
    task = xen("Async.VM.start", halted, False, False)

    held(3600)

    assert xen("VM.get_power_state", halted) == "Running"
    assert (xen("task.get_status", task), xen("task.get_progress", task)) == ("pending", 1.0)


def test_a_stall_may_end(xen: Any, control: Any, halted: str, held: Any) -> None:
    control("fault", what="stall", method="VM.start", when="after", seconds=100)
    task = xen("Async.VM.start", halted, False, False)

    held(50)
    assert xen("task.get_status", task) == "pending"
    held(60)
    assert xen("task.get_status", task) == "success"


def test_a_deaf_operation_comes_to_its_end(xen: Any, control: Any, halted: str, held: Any) -> None:
    """However often it is cancelled."""
    control("fault", what="deaf", method="VM.clone")
    task = xen("Async.VM.clone", halted, "twin")

    xen("task.cancel", task)
    held(60)

    assert xen("task.get_status", task) == "success"
    assert len(xen("VM.get_by_name_label", "twin")) == 1


def test_a_task_record_may_vanish(xen: Any, control: Any, halted: str, held: Any) -> None:
    """The operation goes on without it."""
    control("fault", what="forget", method="VM.start")
    task = xen("Async.VM.start", halted, False, False)

    held(60)

    assert xen.refusal("task.get_status", task) == ["HANDLE_INVALID", "task", task]
    assert xen("VM.get_power_state", halted) == "Running"


def test_a_subtask_that_is_swept_unseen_hangs_its_operation(
    xen: Any, control: Any, halted: str, held: Any
) -> None:
    """At 100 %; a cancel fails, for the subtask is no more."""
    control("fault", what="sweep", method="VM.clone")
    task = xen("Async.VM.clone", halted, "twin")
    held(3600)
    assert (xen("task.get_status", task), xen("task.get_progress", task)) == ("pending", 1.0)

    xen("task.cancel", task)
    held(1)

    assert xen("task.get_error_info", task)[:2] == ["HANDLE_INVALID", "task"]
    assert xen("VM.get_by_name_label", "twin") == []


def test_a_sweep_may_be_meant_for_one_object(
    xen: Any, control: Any, halted: str, held: Any
) -> None:
    control("fault", what="sweep", method="VM.clone", object=halted, count=-1)
    other = xen.find("VM", "deb12")
    tasks = [xen("Async.VM.clone", vm, "twin") for vm in (halted, other)]

    held(60)

    assert [xen("task.get_status", task) for task in tasks] == ["pending", "success"]


def test_a_subtask_that_is_swept_before_it_is_read_fails_its_operation(
    xen: Any, control: Any, halted: str, held: Any
) -> None:
    control("fault", what="sweep", method="VM.clone", when="after")
    task = xen("Async.VM.clone", halted, "twin")

    held(60)

    record = xen("task.get_record", task)
    assert (record["status"], record["error_info"][:2]) == ("failure", ["HANDLE_INVALID", "task"])


def test_the_sweep_takes_subtasks_that_are_not_read(
    xen: Any, control: Any, halted: str, held: Any
) -> None:
    """There are many tasks, and the toolstack notices their ends late."""
    control("limits", tasks=4)
    control("durations", set={"subtask.event": 3600.0})
    tasks = [xen("Async.VM.clone", halted, f"twin {number}") for number in range(4)]

    held(7300)

    assert {xen("task.get_status", task) for task in tasks} == {"pending"}


def test_a_restart_that_lets_operations_finish_loses_no_subtask(
    xen: Any, control: Any, halted: str, held: Any, login: Any
) -> None:
    """A clone under way comes to its end."""
    xen("Async.VM.clone", halted, "twin")
    control("restart_toolstack", finish=True)

    held(60)

    assert len(login("root")("VM.get_by_name_label", "twin")) == 1


def test_sweeping_half_of_the_limit_leaves_finished_tasks(
    xen: Any, control: Any, halted: str, held: Any
) -> None:
    control("limits", tasks=5)
    done = [xen("Async.VM.assert_agile", halted) for _ in range(2)]
    held(1)
    pending = [xen("Async.VM.clone", halted, f"twin {number}") for number in range(4)]

    control("sweep")

    assert [xen("task.get_status", task) for task in done] == ["success"] * 2
    assert {xen("task.get_status", task) for task in pending} == {"pending"}
