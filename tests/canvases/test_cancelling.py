"""A flow is cancelled as a whole: what runs on XenServer is cancelled, what was made is undone."""

from typing import Any

import pytest

from tests.canvases.interference import (
    FOREVER,
    at_work,
    call_off,
    endless,
    has_befallen,
    is_parked,
    pending,
    refused,
)
from tests.canvases.test_rollback import CONFIGURED, EVERYTHING, NEW_DISK, UNCONFIGURED
from tests.stack import PATIENCE, Inhabited
from xenserver import errors


def cancelled(house: Inhabited, flow: str, verb: str, **fields: Any) -> errors.Cancelled:
    """Cancel a flow while XenServer is at work on a verb; return its error."""
    with endless(house.xenserver, verb):
        result = house.send(flow, **fields)
        house.until(lambda: at_work(house.xenserver, verb), f"{verb} at work")
        call_off(house, result)
        with pytest.raises(errors.Cancelled) as caught:
            result.get(timeout=PATIENCE)
    return caught.value


@pytest.mark.parametrize("verb", ["VM.clone", "VM.provision", "VM.start"])
def test_a_vm_from_a_configured_template_is_not_made(
    house: Inhabited, name: str, verb: str
) -> None:
    """At each step: nothing is left, and XenServer works on nothing of it."""
    before, working = house.xenserver.world(), pending(house.xenserver)

    cancelled(house, CONFIGURED, verb, template="deb12", name=name)

    assert house.xenserver.world() == before
    assert pending(house.xenserver) == working


@pytest.mark.parametrize("verb", ["VM.clone", "VM.provision", "VDI.create", "VM.start"])
def test_a_vm_from_an_unconfigured_template_is_not_made(
    house: Inhabited, name: str, verb: str
) -> None:
    """Flows within it are cancelled with it."""
    before, working = house.xenserver.world(), pending(house.xenserver)

    cancelled(house, UNCONFIGURED, verb, name=name, **EVERYTHING)

    assert house.xenserver.world() == before
    assert pending(house.xenserver) == working


@pytest.mark.parametrize("verb", ["VDI.create", "VBD.plug"])
def test_a_disk_is_not_set_up(house: Inhabited, running: str, verb: str) -> None:
    """Neither the disk nor its drive is left."""
    before = house.xenserver.world()

    cancelled(house, "flow.setup_disk_or_cd", verb, vm=running, **NEW_DISK)

    assert house.xenserver.world() == before


def test_an_interface_is_not_set_up(house: Inhabited, running: str) -> None:
    """It is taken away again."""
    before = house.xenserver.world()

    cancelled(house, "flow.setup_network_devices", "VIF.plug", vm=running, network="lab")

    assert house.xenserver.world() == before


def test_vms_are_not_assigned_to_a_network(house: Inhabited, running: str) -> None:
    """Those that were connected are disconnected."""
    before = house.xenserver.world()

    vms = [running, "web01", "web02"]
    cancelled(house, "flow.assign_vms_to_network", "VIF.plug", vms=vms, network="lab")

    assert house.xenserver.world() == before


def test_a_vm_whose_shutdown_is_cancelled_stays(house: Inhabited, running: str) -> None:
    """With its disks, running."""
    before = house.xenserver.world()

    fields = {"vm": running, "delete_disks": True, "shutdown": "clean"}
    cancelled(house, "flow.destroy_vm_and_disks", "VM.clean_shutdown", **fields)

    assert house.xenserver.world() == before
    assert house.xenserver.named("VM", running)[0]["power_state"] == "Running"


@pytest.mark.parametrize("verb", ["VM.destroy", "VDI.destroy"])
def test_a_destruction_that_is_cancelled_stops_where_it_is(
    house: Inhabited, halted: str, verb: str
) -> None:
    """What is gone is gone; XenServer works on nothing of it any more, and no disk goes first."""
    working = pending(house.xenserver)
    [machine] = house.xenserver.named("VM", halted)
    disks = [house.xenserver("VBD.get_VDI", drive) for drive in machine["VBDs"]]

    cancelled(house, "flow.destroy_vm_and_disks", verb, vm=halted, delete_disks=True)

    there = house.xenserver.named("VM", halted) != []
    assert there is (verb == "VM.destroy")
    assert set(disks) <= house.xenserver("VDI.get_all_records").keys()
    assert pending(house.xenserver) == working


@pytest.mark.parametrize(
    ("flow", "verb", "fields"),
    [
        (CONFIGURED, "VM.start", {"template": "deb12"}),
        (UNCONFIGURED, "VDI.create", EVERYTHING),
    ],
)
def test_a_flow_that_takes_too_long_leaves_nothing(
    house: Inhabited, name: str, flow: str, verb: str, fields: dict[str, Any]
) -> None:
    """Its deadline is that of all its steps."""
    before, working = house.xenserver.world(), pending(house.xenserver)

    with endless(house.xenserver, verb), pytest.raises(errors.TimedOut):
        house.do(flow, name=name, timeout="4s", **fields)

    assert house.xenserver.world() == before
    assert pending(house.xenserver) == working


def test_a_task_that_is_no_longer_followed_goes_on(house: Inhabited, halted: str) -> None:
    """It is somebody else's: only the following is cancelled."""
    [machine] = house.xenserver.named("VM", halted)
    with endless(house.xenserver, "VM.start"):
        ref = house.xenserver("Async.VM.start", machine["ref"], False, False)  # noqa: FBT003 - in wire order
        result = house.send(
            "flow.check_for_task_success", task=house.xenserver("task.get_uuid", ref)
        )
        house.until(lambda: is_parked(house, result.id), "parked")
        call_off(house, result)
        with pytest.raises(errors.Cancelled):
            result.get(timeout=PATIENCE)

        assert house.xenserver("task.get_status", ref) == "pending"
        house.xenserver("task.cancel", ref)


def test_a_vm_that_started_before_it_could_be_cancelled_is_undone_too(
    house: Inhabited, name: str
) -> None:
    """It is powered off, so that its devices and disks can go."""
    before = house.xenserver.world()
    with endless(house.xenserver, "VM.start"):
        result = house.send(UNCONFIGURED, name=name, **EVERYTHING)
        house.until(lambda: at_work(house.xenserver, "VM.start"), "VM.start at work")
        with refused(house.xenserver, "task.cancel"):
            call_off(house, result)
            house.until(lambda: has_befallen(house.xenserver), "the start asked to stop")
        house.xenserver.control("advance", seconds=FOREVER)
        with pytest.raises(errors.Cancelled):
            result.get(timeout=PATIENCE)

    assert house.xenserver.world() == before
