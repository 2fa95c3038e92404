"""A flow is cancelled as a whole: what runs on XenServer is cancelled, what was made is undone."""

from typing import Any

import pytest

from tests.canvases.interference import (
    FOREVER,
    at_work,
    cancel,
    endless,
    has_applied,
    is_parked,
    pending,
    refused,
)
from tests.canvases.test_rollback import CONFIGURED, EVERYTHING, NEW_DISK, UNCONFIGURED
from tests.stack import TIMEOUT, StackHarness
from xenserver import errors


def cancelled(stack: StackHarness, flow: str, verb: str, **fields: Any) -> errors.Cancelled:
    """Cancel a flow while XenServer is at work on a verb; return its error."""
    with endless(stack.xenserver, verb):
        result = stack.send(flow, **fields)
        stack.until(lambda: at_work(stack.xenserver, verb), f"{verb} at work")
        cancel(stack, result)
        with pytest.raises(errors.Cancelled) as caught:
            result.get(timeout=TIMEOUT)
    return caught.value


@pytest.mark.parametrize("verb", ["VM.clone", "VM.provision", "VM.start"])
def test_a_vm_from_a_configured_template_is_not_made(
    stack: StackHarness, name: str, verb: str
) -> None:
    """At each step: nothing is left, and XenServer works on nothing of it."""
    before, working = stack.xenserver.inventory(), pending(stack.xenserver)

    cancelled(stack, CONFIGURED, verb, template="deb12", name=name)

    assert stack.xenserver.inventory() == before
    assert pending(stack.xenserver) == working


@pytest.mark.parametrize("verb", ["VM.clone", "VM.provision", "VDI.create", "VM.start"])
def test_a_vm_from_an_unconfigured_template_is_not_made(
    stack: StackHarness, name: str, verb: str
) -> None:
    """Flows within it are cancelled with it."""
    before, working = stack.xenserver.inventory(), pending(stack.xenserver)

    cancelled(stack, UNCONFIGURED, verb, name=name, **EVERYTHING)

    assert stack.xenserver.inventory() == before
    assert pending(stack.xenserver) == working


@pytest.mark.parametrize("verb", ["VDI.create", "VBD.plug"])
def test_a_disk_is_not_set_up(stack: StackHarness, running: str, verb: str) -> None:
    """Neither the disk nor its drive is left."""
    before = stack.xenserver.inventory()

    cancelled(stack, "flow.setup_disk_or_cd", verb, vm=running, **NEW_DISK)

    assert stack.xenserver.inventory() == before


def test_an_interface_is_not_set_up(stack: StackHarness, running: str) -> None:
    """It is taken away again."""
    before = stack.xenserver.inventory()

    cancelled(stack, "flow.setup_network_devices", "VIF.plug", vm=running, network="lab")

    assert stack.xenserver.inventory() == before


def test_vms_are_not_assigned_to_a_network(stack: StackHarness, running: str) -> None:
    """Those that were connected are disconnected."""
    before = stack.xenserver.inventory()

    vms = [running, "web01", "web02"]
    cancelled(stack, "flow.assign_vms_to_network", "VIF.plug", vms=vms, network="lab")

    assert stack.xenserver.inventory() == before


def test_a_failing_flow_that_is_cancelled_waits_for_no_call(stack: StackHarness, name: str) -> None:
    """One of its steps was refused; what XenServer works on for another one is cancelled."""
    working = pending(stack.xenserver)

    with endless(stack.xenserver, "VDI.create"), refused(stack.xenserver, "VIF.create"):
        result = stack.send(UNCONFIGURED, name=name, **EVERYTHING)
        stack.until(lambda: at_work(stack.xenserver, "VDI.create"), "VDI.create at work")
        stack.until(lambda: stack.record(result.id).failing, "the flow failing")
        cancel(stack, result)
        with pytest.raises(errors.XenflowError):
            result.get(timeout=TIMEOUT)

    assert pending(stack.xenserver) == working


def test_a_vm_whose_shutdown_is_cancelled_stays(stack: StackHarness, running: str) -> None:
    before = stack.xenserver.inventory()

    fields = {"vm": running, "delete_disks": True, "shutdown": "clean"}
    cancelled(stack, "flow.destroy_vm_and_disks", "VM.clean_shutdown", **fields)

    assert stack.xenserver.inventory() == before
    assert stack.xenserver.named("VM", running)[0]["power_state"] == "Running"


@pytest.mark.parametrize("verb", ["VM.destroy", "VDI.destroy"])
def test_a_destruction_that_is_cancelled_stops_where_it_is(
    stack: StackHarness, halted: str, verb: str
) -> None:
    """What is gone is gone; XenServer works on nothing of it any more, and no disk goes first."""
    working = pending(stack.xenserver)
    [machine] = stack.xenserver.named("VM", halted)
    disks = [stack.xenserver("VBD.get_VDI", drive) for drive in machine["VBDs"]]

    cancelled(stack, "flow.destroy_vm_and_disks", verb, vm=halted, delete_disks=True)

    there = stack.xenserver.named("VM", halted) != []
    assert there is (verb == "VM.destroy")
    assert set(disks) <= stack.xenserver("VDI.get_all_records").keys()
    assert pending(stack.xenserver) == working


@pytest.mark.parametrize(
    ("flow", "verb", "fields"),
    [
        (CONFIGURED, "VM.start", {"template": "deb12"}),
        (UNCONFIGURED, "VDI.create", EVERYTHING),
    ],
)
def test_a_flow_that_takes_too_long_leaves_nothing(
    stack: StackHarness, name: str, flow: str, verb: str, fields: dict[str, Any]
) -> None:
    """Its deadline is that of all its steps."""
    before, working = stack.xenserver.inventory(), pending(stack.xenserver)

    with endless(stack.xenserver, verb), pytest.raises(errors.TimedOut):
        stack.do(flow, name=name, timeout="4s", **fields)

    assert stack.xenserver.inventory() == before
    assert pending(stack.xenserver) == working


def test_a_task_that_is_no_longer_followed_goes_on(stack: StackHarness, halted: str) -> None:
    """It is somebody else's: only the following is cancelled."""
    [machine] = stack.xenserver.named("VM", halted)
    with endless(stack.xenserver, "VM.start"):
        ref = stack.xenserver("Async.VM.start", machine["ref"], False, False)  # noqa: FBT003 - in wire order
        result = stack.send(
            "flow.check_for_task_success", task=stack.xenserver("task.get_uuid", ref)
        )
        stack.until(lambda: is_parked(stack, result.id), "parked")
        cancel(stack, result)
        with pytest.raises(errors.Cancelled):
            result.get(timeout=TIMEOUT)

        assert stack.xenserver("task.get_status", ref) == "pending"
        stack.xenserver("task.cancel", ref)


def test_a_vm_that_started_before_it_could_be_cancelled_is_undone_too(
    stack: StackHarness, name: str
) -> None:
    """It is powered off, so that its devices and disks can go."""
    before = stack.xenserver.inventory()
    with endless(stack.xenserver, "VM.start"):
        result = stack.send(UNCONFIGURED, name=name, **EVERYTHING)
        stack.until(lambda: at_work(stack.xenserver, "VM.start"), "VM.start at work")
        with refused(stack.xenserver, "task.cancel"):
            cancel(stack, result)
            stack.until(lambda: has_applied(stack.xenserver), "the start asked to stop")
        stack.xenserver.control("advance", seconds=FOREVER)
        with pytest.raises(errors.Cancelled):
            result.get(timeout=TIMEOUT)

    assert stack.xenserver.inventory() == before
