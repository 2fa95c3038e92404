"""Tasks: what their records show from the call to the sweep."""

from typing import Any

import pytest

NULL = "OpaqueRef:NULL"
EPOCH = "19700101T00:00:00Z"
KEPT = 3900.0


@pytest.mark.usefixtures("held")
def test_an_async_call_answers_with_a_pending_task(xen: Any, halted: str) -> None:
    """F041: The record shows the name with its prefix and no end."""
    record = xen("task.get_record", xen("Async.VM.start", halted, False, False))

    assert record["name_label"] == "Async.VM.start"
    assert record["name_description"] == ""
    assert record["status"] == "pending"
    assert float(record["progress"]) == 0.0
    assert record["result"] == ""
    assert record["error_info"] == []
    assert record["type"] == "<none/>"
    assert record["finished"] == EPOCH
    assert record["resident_on"] in xen("host.get_all")
    assert record["backtrace"] == "()"


def test_a_success_shows_its_end(xen: Any, halted: str) -> None:
    """F042: Nothing is allowed any more, progress is whole, void is an empty value."""
    record = xen.ended(xen("Async.VM.start", halted, False, False))

    assert record["status"] == "success"
    assert float(record["progress"]) == 1.0
    assert record["result"] == "<value></value>"
    assert record["allowed_operations"] == []
    assert str(record["finished"]) >= str(record["created"])


def test_a_reference_is_the_result_of_what_creates(xen: Any, halted: str) -> None:
    """F043: In XML-RPC text, also when it is read over JSON."""
    record = xen.ended(xen("Async.VM.clone", halted, "copy"))

    assert record["result"] == f"<value>{xen.find('VM', 'copy')}</value>"


def test_a_set_is_an_array_in_the_result(xen: Any) -> None:
    """F044: One PIF per live host, each in a value of its own."""
    network = xen("network.create", {"name_label": "tagged", "other_config": {}, "bridge": ""})
    master = xen("pool.get_master", xen("pool.get_all")[0])
    pif = xen("host.get_PIFs", master)[0]

    record = xen.ended(xen("Async.pool.create_VLAN_from_PIF", pif, network, "17"))

    made = "".join(f"<value>{ref}</value>" for ref in xen("network.get_PIFs", network))
    assert record["result"] == f"<value><array><data>{made}</data></array></value>"


def test_a_refusal_of_state_lands_in_the_task(xen: Any, running: str) -> None:
    """F045: Code and parameters are in `error_info`; there is no result."""
    record = xen.ended(xen("Async.VM.start", running, False, False))

    assert record["status"] == "failure"
    assert record["error_info"] == ["VM_BAD_POWER_STATE", running, "halted", "running"]
    assert record["result"] == ""
    assert float(record["progress"]) == 1.0


def test_a_dead_reference_lands_in_the_task(xen: Any) -> None:
    """F046: The call itself answers with a task."""
    record = xen.ended(xen("Async.VM.start", "OpaqueRef:dead", False, False))

    assert record["error_info"] == ["HANDLE_INVALID", "VM", "OpaqueRef:dead"]


def test_headers_go_into_other_config(xen: Any, halted: str) -> None:
    """F047: Key in lower case after `http:`, value as it is."""
    task = xen("Async.VM.clone", halted, "n", headers={"X-Http-Other-Config-Foo-Bar": "One"})

    assert xen("task.get_other_config", task) == {"http:foo-bar": "One"}


def test_a_header_makes_a_subtask(xen: Any, halted: str) -> None:
    """F048: Both ends know of each other."""
    whole = xen("task.create", "whole", "")

    part = xen("Async.VM.clone", halted, "n", headers={"subtask-of": whole})

    assert xen("task.get_subtask_of", part) == whole
    assert xen("task.get_subtasks", whole) == [part]


def test_a_synchronous_call_has_a_task_while_it_runs(xen: Any, halted: str, held: Any) -> None:
    """F049: Named without prefix, gone when the call is answered."""
    token = xen.token()
    clone = xen.later("VM.clone", halted, "copy")
    task = xen.appeared(token, "VM.clone")
    assert xen("task.get_status", task) == "pending"

    held(60)
    clone.result()

    assert xen.refusal("task.get_status", task) == ["HANDLE_INVALID", "task", task]


@pytest.mark.parametrize("method", ["VM.get_all", "task.create", "VM.get_allowed_VBD_devices"])
def test_a_call_without_async_form_makes_no_task(xen: Any, halted: str, method: str) -> None:
    """Reads, and everything of tasks and events, leave no trace in the tasks."""
    parameters = {"VM.get_all": [], "task.create": ["mine", ""]}.get(method, [halted])
    token = xen.token()

    xen(method, *parameters)

    names = [event["snapshot"]["name_label"] for event in xen.events(["task"], token, 0.0)]
    assert set(names) <= {"mine"}


@pytest.mark.usefixtures("held")
def test_a_cancel_takes_effect_and_leaves_its_mark(xen: Any, halted: str) -> None:
    """F050: A current operation has the value `cancel`; later the task ends cancelled."""
    task = xen("Async.VM.start", halted, False, False)

    assert xen("task.cancel", task) == ""

    record = xen.ended(task)
    assert list(record["current_operations"].values()) == ["cancel"]
    assert record["status"] == "cancelled"
    assert float(record["progress"]) == 1.0
    assert record["error_info"] == []
    assert xen("VM.get_power_state", halted) == "Halted"


def test_a_finished_task_may_be_cancelled_in_vain(xen: Any, halted: str) -> None:
    """F051: The call succeeds and the status stays."""
    task = xen("Async.VM.clone", halted, "n")
    xen.ended(task)

    assert xen("task.cancel", task) == ""
    assert xen("task.get_status", task) == "success"


def test_a_dead_task_cannot_be_cancelled(xen: Any) -> None:
    """F052: It cannot be destroyed either."""
    for method in ("task.cancel", "task.destroy"):
        assert xen.refusal(method, "OpaqueRef:x") == ["HANDLE_INVALID", "task", "OpaqueRef:x"]


@pytest.mark.usefixtures("held")
def test_who_waits_for_a_cancelled_call_hears_so(xen: Any, halted: str) -> None:
    """F053: The error is TASK_CANCELLED with the reference of the call's task."""
    token = xen.token()
    start = xen.later_refusal("VM.start", halted, False, False)
    task = xen.appeared(token, "VM.start")

    xen("task.cancel", task)

    assert start.result() == ["TASK_CANCELLED", task]


def test_a_finished_task_is_destroyed_at_once(xen: Any, halted: str) -> None:
    """F054: Its reference is dead afterwards."""
    task = xen("Async.VM.clone", halted, "n")
    xen.ended(task)

    assert xen("task.destroy", task) == ""
    assert xen.refusal("task.get_status", task) == ["HANDLE_INVALID", "task", task]


def test_a_pending_task_is_destroyed_after_its_end(
    xen: Any, halted: str, held: Any, control: Any
) -> None:
    """F055: It stays with a mark, refuses a second destroy, and goes with the next sweep."""
    task = xen("Async.VM.start", halted, False, False)

    assert xen("task.destroy", task) == ""

    assert xen("task.get_current_operations", task) == {"task": "destroy"}
    refusal = xen.refusal("task.destroy", task)
    assert refusal == ["MAP_DUPLICATE_KEY", "task", "current_operations", task, "task"]
    control("sweep")
    assert xen("task.get_status", task) == "pending"
    held(60)
    assert xen.refusal("task.get_status", task) == ["HANDLE_INVALID", "task", task]
    assert xen("VM.get_power_state", halted) == "Running"


def test_a_finished_task_is_kept_for_65_minutes(xen: Any, halted: str, held: Any) -> None:
    """F056: Then the next sweep takes it."""
    task = xen("Async.VM.clone", halted, "n")
    held(20)

    held(KEPT - 60)
    assert xen("task.get_status", task) == "success"
    held(120)
    assert xen.refusal("task.get_status", task) == ["HANDLE_INVALID", "task", task]


def test_a_task_that_does_not_move_for_a_day_is_swept(
    login: Any, held: Any, control: Any, served: Any
) -> None:
    """One that moves between two sweeps stays."""
    stuck, moving = served.pool.tasks.record("stuck"), served.pool.tasks.record("moving")
    held(24 * 3600 - 20)
    held(25)
    xen = login("root")

    for progress in (0.1, 0.2):
        xen("task.set_progress", moving, progress)
        control("sweep")

    assert xen.refusal("task.get_status", stuck)[0] == "HANDLE_INVALID"
    assert xen("task.get_status", moving) == "pending"


def _finish(pool: Any, names: list[str]) -> None:
    for name in names:
        task = pool.tasks.record(name)
        pool.db.put("task", task, status="success", finished=pool.clock.iso())


def test_from_200_finished_tasks_on_all_go(xen: Any, control: Any, served: Any) -> None:
    """Only 200 less the number of finished ones are kept, once there are more than 200."""
    _finish(served.pool, [f"task {number}" for number in range(201)])
    pending = xen("task.create", "pending", "")

    control("sweep")

    assert xen("task.get_all") == [pending]


def test_150_finished_tasks_beside_60_others_leave_50(control: Any, xen: Any, served: Any) -> None:
    """The oldest go first."""
    _finish(served.pool, [f"task {number}" for number in range(150)])
    for number in range(60):
        served.pool.tasks.record(f"pending {number}")

    control("sweep")

    records = xen("task.get_all_records").values()
    kept = [record["name_label"] for record in records if record["status"] == "success"]
    assert kept == [f"task {number}" for number in range(100, 150)]


def test_a_restart_forgets_tasks_sessions_and_marks(
    xen: Any, halted: str, held: Any, control: Any, login: Any
) -> None:
    """F057: References are invalid, not cancelled; the machine is free again."""
    task = xen("Async.VM.start", halted, False, False)
    assert xen("VM.get_current_operations", halted) == {task: "start"}

    control("restart_toolstack")

    again = login("root")
    assert xen.refusal("VM.get_all") == ["SESSION_INVALID", xen.session]
    assert again.refusal("task.get_status", task) == ["HANDLE_INVALID", "task", task]
    assert again("VM.get_current_operations", halted) == {}
    assert "start" in again("VM.get_allowed_operations", halted)
    held(60)
    assert again("VM.get_power_state", halted) == "Halted"


def test_a_restart_may_leave_the_hypervisor_at_work(
    xen: Any, halted: str, held: Any, control: Any, login: Any
) -> None:
    """The operation comes to its effect with `finish`, though its task is gone."""
    xen("Async.VM.start", halted, False, False)

    control("restart_toolstack", finish=True)
    held(60)

    assert login("root")("VM.get_power_state", halted) == "Running"


def test_a_client_may_keep_a_task_of_its_own(xen: Any) -> None:
    """F058: Pending until the client says otherwise."""
    task = xen("task.create", "l", "d")

    record = xen("task.get_record", task)
    assert (record["name_label"], record["name_description"]) == ("l", "d")
    assert (record["status"], record["allowed_operations"]) == ("pending", [])
    xen("task.set_status", task, "success")
    xen("task.set_result", task, "done")
    assert xen("task.get_status", task) == "success"
    assert xen("task.get_finished", task) != EPOCH


def test_progress_rises_while_an_operation_runs(
    xen: Any, halted: str, held: Any, control: Any
) -> None:
    control("durations", set={"VM.start": 10})
    task = xen("Async.VM.start", halted, False, False)
    seen = []
    for _ in range(3):
        held(1)
        seen.append(float(xen("task.get_progress", task)))

    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] < 1


def test_an_operation_waits_for_its_machine(xen: Any, halted: str, held: Any) -> None:
    """The second call is pending, marks nothing, may be cancelled, and is checked anew at last."""
    first = xen("Async.VM.start", halted, False, False)
    second = xen("Async.VM.start", halted, False, False)
    assert xen("VM.get_current_operations", halted) == {first: "start"}
    assert xen("task.get_allowed_operations", second) == ["cancel"]

    held(60)

    words = ["VM_BAD_POWER_STATE", halted, "halted", "running"]
    assert xen.ended(first)["status"] == "success"
    assert xen.ended(second)["error_info"] == words


@pytest.mark.usefixtures("held")
def test_who_waits_for_a_machine_can_be_cancelled(xen: Any, halted: str) -> None:
    """The first operation goes on."""
    first = xen("Async.VM.start", halted, False, False)
    second = xen("Async.VM.start", halted, False, False)

    xen("task.cancel", second)

    assert xen.ended(second)["status"] == "cancelled"
    assert xen("task.get_status", first) == "pending"
