"""Flows that change nothing: a task followed to its end, VMs listed."""

import time

import pytest

from tests.canvases.interference import is_parked
from tests.stack import TIMEOUT, StackHarness
from tests.tasks.fixtures import Maker
from xenserver import errors

CHECK = "flow.check_for_task_success"
LIST = "flow.find_list_of_vms"


def test_a_task_that_succeeds_is_answered_with(stack: StackHarness, maker: Maker) -> None:
    task = maker.short_job()

    answer = stack.do(CHECK, task=task)

    assert answer["return_result"] == "Task succeeded"
    assert (answer["task"]["uuid"], answer["task"]["status"]) == (task, "success")
    assert answer["task"]["progress"] == 1.0


def test_a_task_that_has_ended_is_answered_with_at_once(stack: StackHarness, maker: Maker) -> None:
    """There is nothing to wait for."""
    task = maker.short_job()
    stack.do(CHECK, task=task)

    assert stack.do(CHECK, task=task)["task"]["status"] == "success"


def test_a_task_that_fails_fails_the_flow_with_its_error(stack: StackHarness, maker: Maker) -> None:
    vm = maker.ref("VM", maker.running())
    ref = stack.xenserver("Async.VM.start", vm, False, False)  # noqa: FBT003 - in wire order

    with pytest.raises(errors.Refused) as caught:
        stack.do(CHECK, task=stack.xenserver("task.get_uuid", ref))

    assert caught.value.code == "VM_BAD_POWER_STATE"


def test_a_task_that_is_cancelled_fails_the_flow(stack: StackHarness, maker: Maker) -> None:
    """While it is followed, no slot is held: the flow is parked."""
    task = maker.job()
    result = stack.send(CHECK, task=task)
    stack.until(lambda: is_parked(stack, result.id), "parked")

    stack.xenserver("task.set_status", maker.ref("task", task), "cancelled")

    with pytest.raises(errors.Cancelled):
        result.get(timeout=TIMEOUT)


def test_a_task_that_vanishes_fails_the_flow(isolated_stack: StackHarness) -> None:
    """The toolstack forgets all tasks when it restarts; nobody can tell how they ended."""
    isolated_stack.services.worker()
    isolated_stack.services.poller()
    task = Maker(isolated_stack.xenserver, isolated_stack.xenserver.control).job()
    result = isolated_stack.send(CHECK, task=task, sleep_increment="1s")
    isolated_stack.until_parked(1)

    isolated_stack.xenserver.control("restart_toolstack")

    with pytest.raises(errors.Unknown) as caught:
        result.get(timeout=TIMEOUT)
    assert caught.value.code == "XENFLOW_VANISHED", caught.value.message


def test_a_task_that_takes_too_long_fails_the_flow_and_goes_on(
    stack: StackHarness, maker: Maker
) -> None:
    """It is somebody else's."""
    task = maker.job()

    with pytest.raises(errors.TimedOut):
        stack.do(CHECK, task=task, timeout="1s")

    assert maker.record("task", task)["status"] == "pending"


def test_a_task_nobody_knows_fails_at_once(stack: StackHarness) -> None:
    """It is not waited for."""
    began = time.monotonic()

    with pytest.raises(errors.Missing, match="no task has the UUID"):
        stack.do(CHECK, task="00000000-0000-0000-0000-000000000001", timeout="1h")

    assert time.monotonic() - began < TIMEOUT


def test_vms_are_listed_as_a_table(stack: StackHarness, maker: Maker, name: str) -> None:
    """A head, and a line for each VM of that name."""
    vm = maker.vm(name=name)

    answer = stack.do(LIST, name=name)

    [shown] = answer["vms"]
    assert (shown["uuid"], shown["name_label"], shown["power_state"]) == (vm, name, "Halted")
    head, line = answer["return_result"].splitlines()
    assert head.split() == ["UUID", "NAME", "POWER", "STATE"]
    assert line.split() == [vm, name, "Halted"]


def test_vms_are_found_by_part_of_their_names(stack: StackHarness, maker: Maker, name: str) -> None:
    found = {maker.vm(name=f"{name}-a"), maker.vm(name=f"{name}-b")}

    answer = stack.do(LIST, name=name.upper(), is_search_expression=True)

    assert {vm["uuid"] for vm in answer["vms"]} == found


def test_a_uuid_finds_one_vm_whatever_the_name(stack: StackHarness, maker: Maker) -> None:
    vm = maker.vm()

    assert [found["uuid"] for found in stack.do(LIST, uuid=vm, name="web01")["vms"]] == [vm]


def test_all_vms_are_listed_without_a_criterion(stack: StackHarness) -> None:
    """Templates only where they are wanted."""
    names = {vm["name_label"] for vm in stack.do(LIST)["vms"]}
    more = {vm["name_label"] for vm in stack.do(LIST, include_templates=True)["vms"]}

    assert {"web01", "db01", "batch01"} <= names
    assert "deb12" in more - names


def test_no_vms_are_no_failure(stack: StackHarness, name: str) -> None:
    """The table says so."""
    answer = stack.do(LIST, name=name)

    assert answer == {"return_result": "no VMs", "vms": [], "count": 0}
