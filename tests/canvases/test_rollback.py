"""A flow that fails leaves nothing: each step of each flow is made to fail in turn."""

from typing import Any

import pytest

from tests.canvases.interference import at_work, cancel, endless, refused
from tests.stack import StackHarness
from tests.tasks.fixtures import Maker
from xenserver import errors

NFS = "NFS virtual disk storage"
CONFIGURED = "flow.create_vm_from_configured_template"
UNCONFIGURED = "flow.create_vm_from_unconfigured_template"
EVERYTHING: dict[str, Any] = {
    "template": "blank",
    "sr": NFS,
    "memory": "512MiB",
    "vcpus": 2,
    "boot": {"order": "cd"},
    "disks": [{"size": "1GiB"}, {"size": "2GiB"}],
    "cd": "debian-12.iso",
    "networks": [{"network": "lab"}],
}
NEW_DISK: dict[str, Any] = {
    "vdi_type": "user",
    "new_disk_name": "data",
    "disk_size": "1GiB",
    "storage_repository": NFS,
}


def fails(stack: StackHarness, flow: str, method: str, **fields: object) -> errors.XenflowError:
    """Make a flow fail at a method; return its error."""
    with refused(stack.xenserver, method), pytest.raises(errors.XenflowError) as caught:
        stack.do(flow, **fields)
    assert caught.value.code == "INTERNAL_ERROR"
    return caught.value


@pytest.mark.parametrize(
    "method", ["VM.clone", "VM.set_name_label", "VM.get_uuid", "VM.provision", "VM.start"]
)
def test_a_vm_from_a_configured_template_leaves_nothing(
    stack: StackHarness, name: str, method: str
) -> None:
    before = stack.xenserver.inventory()

    fails(stack, CONFIGURED, method, template="deb12", name=name)

    assert stack.xenserver.inventory() == before


def test_a_vm_copied_onto_a_repository_leaves_nothing(stack: StackHarness, name: str) -> None:
    """A copy has disks of its own, made with it."""
    before = stack.xenserver.inventory()

    fails(stack, CONFIGURED, "VM.start", template="deb12", name=name, sr="Local storage xs1")

    assert stack.xenserver.inventory() == before


@pytest.mark.parametrize(
    "method",
    [
        "VM.clone",
        "VM.provision",
        "VM.set_memory_limits",
        "VM.set_VCPUs_max",
        "VM.set_HVM_boot_params",
        "VM.get_allowed_VIF_devices",
        "VDI.create",
        "VBD.create",
        "VIF.create",
        "VBD.get_uuid",
        "VM.start",
    ],
)
def test_a_vm_from_an_unconfigured_template_leaves_nothing(
    stack: StackHarness, name: str, method: str
) -> None:
    """Whatever part falls: its siblings settle, and all of it is undone."""
    before = stack.xenserver.inventory()

    fails(stack, UNCONFIGURED, method, name=name, **EVERYTHING)

    assert stack.xenserver.inventory() == before


@pytest.mark.parametrize("method", ["VDI.create", "VBD.create", "VBD.plug"])
def test_a_disk_that_is_not_set_up_is_not_there(
    stack: StackHarness, running: str, method: str
) -> None:
    before = stack.xenserver.inventory()

    fails(stack, "flow.setup_disk_or_cd", method, vm=running, **NEW_DISK)

    assert stack.xenserver.inventory() == before


@pytest.mark.parametrize("method", ["VIF.create", "VIF.plug"])
def test_an_interface_that_is_not_set_up_is_not_there(
    stack: StackHarness, running: str, method: str
) -> None:
    """A VM is on the network, or it has no interface there."""
    before = stack.xenserver.inventory()

    fails(stack, "flow.setup_network_devices", method, vm=running, network="lab")

    assert stack.xenserver.inventory() == before


@pytest.mark.parametrize("method", ["VIF.create", "VIF.plug"])
def test_vms_are_assigned_to_a_network_all_or_none(
    stack: StackHarness, running: str, method: str
) -> None:
    """One that fails takes the others' interfaces back, plugged ones too."""
    before = stack.xenserver.inventory()

    fails(
        stack, "flow.assign_vms_to_network", method, vms=[running, "web01", "web02"], network="lab"
    )

    assert stack.xenserver.inventory() == before


@pytest.mark.parametrize("method", ["VM.clean_shutdown", "VM.destroy"])
def test_a_vm_that_cannot_go_keeps_its_disks(
    stack: StackHarness, running: str, method: str
) -> None:
    """Disks go after their VM."""
    before = stack.xenserver.inventory()

    fails(
        stack,
        "flow.destroy_vm_and_disks",
        method,
        vm=running,
        delete_disks=True,
        shutdown="clean",
    )

    assert stack.xenserver.inventory() == before


def test_the_first_error_tells_the_step_and_what_was_undone(stack: StackHarness, name: str) -> None:
    error = fails(stack, CONFIGURED, "VM.start", template="deb12", name=name)

    assert f"undone: VM {name}" in error.message


def test_what_was_made_is_undone_last_made_first(stack: StackHarness, name: str) -> None:
    """The start falls last, so the clone is undone last."""
    with refused(stack.xenserver, "VM.start"):
        result = stack.send(UNCONFIGURED, name=name, **EVERYTHING)
        with pytest.raises(errors.XenflowError):
            result.get(timeout=60)

    reply = [stack.record(step) for step in stack.runtime.journal.run(result.id)]
    undoings = [step.name for step in reply if step.name.endswith(("destroy", "discard"))]
    assert undoings[-1] == "xenserver.vm.discard"
    assert len(undoings) == 7  # two disks, three drives, an interface, the VM


def test_an_undo_that_fails_is_named_beside_the_first_error(stack: StackHarness, name: str) -> None:
    """Never instead of it; what could be undone is."""
    before = stack.xenserver.inventory()

    with (
        refused(stack.xenserver, "VM.start"),
        refused(stack.xenserver, "VM.destroy", code="OPERATION_BLOCKED"),
        pytest.raises(errors.XenflowError, match=f"could not be undone: VM {name}") as caught,
    ):
        stack.do(UNCONFIGURED, name=name, **EVERYTHING)

    assert caught.value.code == "INTERNAL_ERROR"
    [left] = stack.xenserver.named("VM", name)
    after = stack.xenserver.inventory()
    assert after == {**before, "VM": before["VM"] | {left["uuid"]}}


def test_what_is_gone_already_needs_no_undoing(
    stack: StackHarness, halted: str, maker: Maker
) -> None:
    """Somebody took the interface away while another one was being plugged."""
    before, running = stack.xenserver.inventory(), maker.running()
    [machine] = stack.xenserver.named("VM", halted)
    vms = [halted, running]

    with endless(stack.xenserver, "VIF.plug"):
        result = stack.send("flow.assign_vms_to_network", vms=vms, network="lab")
        stack.until(lambda: at_work(stack.xenserver, "VIF.plug"), "VIF.plug at work")
        made = stack.until(lambda: _second_interface(stack, machine["ref"]), "the interface")
        stack.xenserver("VIF.destroy", made)
        cancel(stack, result)
        with pytest.raises(errors.Cancelled) as caught:
            result.get(timeout=60)

    assert "could not be undone" not in caught.value.message
    assert stack.xenserver.inventory()["VIF"] - before["VIF"] == {maker.interface(running)}


def _second_interface(stack: StackHarness, vm: str) -> str | None:
    return next(iter(stack.xenserver("VM.get_VIFs", vm)[1:]), None)
