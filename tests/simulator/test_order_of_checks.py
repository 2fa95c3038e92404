"""The order in which the toolstack checks, objects that are marked as they are checked."""

from typing import Any

import pytest

DEAD = "OpaqueRef:dead"


@pytest.fixture
def devices(xen: Any, halted: str) -> dict[str, str]:
    """Return the drive and the interface of the halted VM."""
    return {"VBD": xen("VM.get_VBDs", halted)[0], "VIF": xen("VM.get_VIFs", halted)[0]}


@pytest.mark.parametrize("method", ["VBD.plug", "VBD.unplug", "VIF.plug", "VIF.unplug"])
@pytest.mark.parametrize("state", ["Halted", "Paused", "Suspended"])
def test_the_state_of_the_vm_comes_before_that_of_the_device(
    xen: Any, halted: str, devices: dict[str, str], method: str, state: str
) -> None:
    """F111: A device that is detached, or attached, already is not what is refused first."""
    if state != "Halted":
        xen("VM.start", halted, False, False)
        xen("VM.pause" if state == "Paused" else "VM.suspend", halted)

    refusal = xen.refusal(method, devices[method[:3]])

    assert refusal == ["VM_BAD_POWER_STATE", halted, "running", state.lower()]


def test_start_on_looks_at_the_host_first(xen: Any, running: str) -> None:
    """A dead reference is refused before the power state."""
    refusal = xen.refusal("VM.start_on", running, DEAD, False, False)

    assert refusal == ["HANDLE_INVALID", "host", DEAD]


def test_two_writable_drives_of_one_disk_do_not_start(
    xen: Any, halted: str, devices: dict[str, str], drive_record: Any
) -> None:
    """The first drive is marked when the second is checked; nothing stays marked."""
    disk = xen("VBD.get_VDI", devices["VBD"])
    second = xen("VBD.create", drive_record(halted, VDI=disk, userdevice="5"))

    assert xen.refusal("VM.start", halted, False, False) == ["VDI_IN_USE", disk]

    assert xen("VBD.get_current_operations", second) == {}
    assert xen("VM.get_current_operations", halted) == {}
    xen("VBD.destroy", second)
    assert xen("VM.start", halted, False, False) == ""


@pytest.mark.parametrize(
    ("method", "value", "text"),
    [
        ("VM.set_ha_restart_priority", "whenever", "ha_restart_priority"),
        ("VM.set_start_delay", "-1", "start_delay must be non-negative"),
        ("VM.set_order", "-2", "order must be non-negative"),
        ("VM.set_HVM_shadow_multiplier", 0.5, "HVM_shadow_multiplier"),
    ],
)
def test_setters_with_rules_refuse_wrong_values(
    xen: Any, halted: str, method: str, value: Any, text: str
) -> None:
    """The refusal names the field."""
    assert xen.refusal(method, halted, value)[:2] == ["INVALID_VALUE", text]


def test_getters_that_refuse(xen: Any, halted: str, running: str) -> None:
    """A halted VM has no boot record; only driver domains have services."""
    assert xen.refusal("VM.get_boot_record", halted)[0] == "VM_BAD_POWER_STATE"
    assert xen("VM.get_boot_record", running)["uuid"] == xen("VM.get_uuid", running)
    assert xen.refusal("VM.query_services", running) == ["NOT_SYSTEM_DOMAIN", running]


def test_a_revert_shuts_a_running_vm_down(xen: Any, running: str) -> None:
    """The VM is in the state of its snapshot then: halted, with the disks of old."""
    snapshot = xen("VM.snapshot", running, "before")
    disks = {xen("VBD.get_VDI", vbd) for vbd in xen("VM.get_VBDs", running)}

    xen("VM.revert", snapshot)

    assert xen("VM.get_power_state", running) == "Halted"
    assert not disks & {xen("VBD.get_VDI", vbd) for vbd in xen("VM.get_VBDs", running)}


def test_a_message_that_is_not_implemented_looks_at_its_object_first(xen: Any) -> None:
    """A dead reference is refused before the message."""
    assert xen.refusal("Bond.destroy", DEAD) == ["HANDLE_INVALID", "Bond", DEAD]


def test_a_template_becomes_a_default_one_and_stays(xen: Any) -> None:
    """F098, F105: VM.set_is_default_template makes one; default templates are not destroyed."""
    template = xen("VM.clone", xen.find("VM", "deb12"), "own")
    xen("VM.set_is_default_template", template, True)

    assert xen.refusal("VM.destroy", template)[0] == "VM_IS_TEMPLATE"
    copy = xen("VM.clone", template, "again")
    assert xen("VM.get_is_default_template", copy) is False
