"""Copies of VMs: clones, full copies, snapshots, and the way back."""

import pytest

from tasks.vm import copies, snapshots
from tests.tasks.fixtures import Maker
from tests.tasks.harness import Lab
from xenserver import errors


def test_clone_makes_another_vm(lab: Lab) -> None:
    """Halted, under its own name, with disks of its own."""
    answer = lab.do(copies.clone, vm="web02", name="web03")

    made = lab.record("VM", "web03")
    assert answer == {"return_result": made["uuid"], "uuid": made["uuid"], "name_label": "web03"}
    assert made["power_state"] == "Halted"
    assert _disks(lab, "web03").isdisjoint(_disks(lab, "web02"))


def test_clone_of_a_template_is_a_template(lab: Lab) -> None:
    """It becomes a VM by `install`."""
    lab.do(copies.clone, vm="deb12", name="deb12b")

    assert lab.record("VM", "deb12b")["is_a_template"]


def test_clone_refuses_a_running_vm(lab: Lab) -> None:
    """Its disks are being written to."""
    with pytest.raises(errors.Refused, match="is running; it must be halted"):
        lab.do(copies.clone, vm="web01", name="web03")

    assert lab.hands.heard.count("Async.VM.clone") == 1


def test_copy_puts_every_disk_onto_the_sr_that_is_given(lab: Lab) -> None:
    """A full copy, not one that shares."""
    lab.do(copies.copy, vm="web02", name="web03", sr="Local storage xs2")

    homes = {lab.all("VDI")[disk]["SR"] for disk in _disks(lab, "web03")}
    assert homes == {lab.ref("SR", "Local storage xs2")}


def test_copy_leaves_every_disk_on_its_own_sr_otherwise(lab: Lab) -> None:
    """As the original has it."""
    lab.do(copies.copy, vm="web02", name="web03")

    homes = {lab.all("VDI")[disk]["SR"] for disk in _disks(lab, "web03")}
    assert homes == {lab.all("VDI")[disk]["SR"] for disk in _disks(lab, "web02")}


def test_copy_refuses_a_library_of_isos(lab: Lab) -> None:
    with pytest.raises(errors.Refused, match="ISO SR"):
        lab.do(copies.copy, vm="web02", name="web03", sr="ISO library")


def test_snapshot_keeps_a_running_vm(lab: Lab) -> None:
    """The VM runs on; the answer names the snapshot and its VM."""
    answer = lab.do(copies.snapshot, vm="web01", name="before")

    kept = lab.record("VM", "before")
    assert kept["is_a_snapshot"]
    assert kept["snapshot_of"] == lab.ref("VM", "web01")
    assert answer["return_result"] == kept["uuid"]
    assert answer["vm"] == lab.uuid("VM", "web01")
    assert lab.state("web01") == "Running"


def test_snapshot_with_memory_keeps_what_the_guest_was_doing(lab: Lab) -> None:
    """A checkpoint: it can be resumed."""
    lab.do(copies.snapshot, vm="web01", name="before", with_memory=True)

    assert lab.record("VM", "before")["power_state"] == "Suspended"
    assert lab.state("web01") == "Running"


def test_snapshot_with_memory_refuses_a_halted_vm(lab: Lab) -> None:
    """It has no memory."""
    with pytest.raises(errors.Refused) as refused:
        lab.do(copies.snapshot, vm="web02", name="before", with_memory=True)

    assert refused.value.code == "VM_BAD_POWER_STATE"


def test_snapshot_on_storage_that_cannot_keeps_xenservers_code(lab: Lab) -> None:
    sr = lab.ref("SR", "NFS virtual disk storage")
    lab.pool.do(
        "fault", what="refuse", method="VM.snapshot", code="SR_OPERATION_NOT_SUPPORTED", params=[sr]
    )

    with pytest.raises(errors.Refused) as refused:
        lab.do(copies.snapshot, vm="web01", name="before")

    assert (refused.value.code, refused.value.params) == ("SR_OPERATION_NOT_SUPPORTED", [sr])


def test_revert_brings_a_vm_back(lab: Lab) -> None:
    """It is what it was, and halted; the answer names the VM, not the snapshot."""
    uuid = lab.snapshot_of("web01", "before")
    lab.see("VM.set_name_description", lab.ref("VM", "web01"), "changed since")

    answer = lab.do(copies.revert, snapshot=uuid)

    assert lab.record("VM", "web01")["name_description"] == ""
    assert answer == {
        "return_result": "VM reverted",
        "uuid": lab.uuid("VM", "web01"),
        "name_label": "web01",
        "power_state": "Halted",
    }


def test_revert_tells_a_vm_that_it_is_no_snapshot(lab: Lab) -> None:
    with pytest.raises(errors.Refused, match=r"made with vm\.snapshot") as refused:
        lab.do(copies.revert, snapshot=lab.uuid("VM", "web01"))

    assert refused.value.code == "XENFLOW_WRONG_CLASS"


def _disks(lab: Lab, vm: str) -> set[str]:
    return {drive["VDI"] for drive in lab.devices("VBD", vm, type="Disk")}


def test_snapshots_of_a_vm_are_found_by_vm_and_name(lab: Lab) -> None:
    """Those of others are not, and no VM is."""
    taken = lab.snapshot_of("web02", "before")
    lab.snapshot_of("db01", "before")

    of_vm = lab.do(snapshots.find_snapshots, vm="web02")
    by_name = lab.do(snapshots.find_snapshots, name="before")

    [found] = of_vm["records"]
    assert (found["uuid"], found["snapshot_of"]) == (taken, lab.uuid("VM", "web02"))
    assert (of_vm["return_result"], by_name["count"]) == ("1 snapshot", 2)
    assert lab.do(snapshots.find_snapshots, name="web02")["count"] == 0


@pytest.mark.parametrize("verb", ["VM.snapshot", "VM.checkpoint"])
def test_a_snapshot_goes_with_its_disks(lab: Lab, verb: str) -> None:
    """The image of its memory too; the VM and its disks stay."""
    before = {cls: set(lab.all(cls)) for cls in ("VM", "VDI", "VBD")}
    made = lab.see(verb, lab.ref("VM", "web01"), "before")

    lab.do(snapshots.destroy_snapshot, snapshot=lab.see("VM.get_uuid", made))

    assert {cls: set(lab.all(cls)) for cls in before} == before


def test_the_disks_of_a_snapshot_may_stay(lab: Lab) -> None:
    """To be attached elsewhere."""
    taken = lab.snapshot_of("web02", "before")
    disks = set(lab.all("VDI"))

    lab.do(snapshots.destroy_snapshot, snapshot=taken, keep_disks=True)

    assert not lab.exists("VM", taken)
    assert set(lab.all("VDI")) == disks


def test_a_disk_of_a_snapshot_that_a_vm_uses_stays(lab: Lab) -> None:
    """A backup has it attached."""
    taken = lab.snapshot_of("web02", "before")
    [drive] = lab.devices("VBD", taken)
    maker = Maker(lab.see, lab.pool.do)
    maker.drive(maker.vm(), VDI=drive["VDI"], mode="RO")

    lab.do(snapshots.destroy_snapshot, snapshot=taken)

    assert drive["VDI"] in lab.all("VDI")
