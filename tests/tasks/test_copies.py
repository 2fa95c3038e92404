"""Copies of VMs: clones, full copies, snapshots, and the way back."""

import pytest

from tasks.vm import copies, snapshots
from tests.tasks.fixtures import Maker
from tests.tasks.harness import Harness
from xenserver import errors


def test_clone_makes_another_vm(harness: Harness) -> None:
    """Halted, under its own name, with disks of its own."""
    answer = harness.do(copies.clone, vm="web02", name="web03")

    made = harness.record("VM", "web03")
    assert answer == {"return_result": made["uuid"], "uuid": made["uuid"], "name_label": "web03"}
    assert made["power_state"] == "Halted"
    assert _disks(harness, "web03").isdisjoint(_disks(harness, "web02"))


def test_clone_of_a_template_is_a_template(harness: Harness) -> None:
    """It becomes a VM by `install`."""
    harness.do(copies.clone, vm="deb12", name="deb12b")

    assert harness.record("VM", "deb12b")["is_a_template"]


def test_clone_refuses_a_running_vm(harness: Harness) -> None:
    """Its disks are being written to."""
    with pytest.raises(errors.Refused, match="is running; it must be halted"):
        harness.do(copies.clone, vm="web01", name="web03")

    assert harness.client.heard.count("Async.VM.clone") == 1


def test_copy_puts_every_disk_onto_the_sr_that_is_given(harness: Harness) -> None:
    """A full copy, not one that shares."""
    harness.do(copies.copy, vm="web02", name="web03", sr="Local storage xs2")

    homes = {harness.all("VDI")[disk]["SR"] for disk in _disks(harness, "web03")}
    assert homes == {harness.ref("SR", "Local storage xs2")}


def test_copy_leaves_every_disk_on_its_own_sr_otherwise(harness: Harness) -> None:
    harness.do(copies.copy, vm="web02", name="web03")

    homes = {harness.all("VDI")[disk]["SR"] for disk in _disks(harness, "web03")}
    assert homes == {harness.all("VDI")[disk]["SR"] for disk in _disks(harness, "web02")}


def test_copy_refuses_a_library_of_isos(harness: Harness) -> None:
    with pytest.raises(errors.Refused, match="ISO SR"):
        harness.do(copies.copy, vm="web02", name="web03", sr="ISO library")


def test_snapshot_keeps_a_running_vm(harness: Harness) -> None:
    """The VM runs on; the answer names the snapshot and its VM."""
    answer = harness.do(copies.snapshot, vm="web01", name="before")

    kept = harness.record("VM", "before")
    assert kept["is_a_snapshot"]
    assert kept["snapshot_of"] == harness.ref("VM", "web01")
    assert answer["return_result"] == kept["uuid"]
    assert answer["vm"] == harness.uuid("VM", "web01")
    assert harness.state("web01") == "Running"


def test_snapshot_with_memory_keeps_what_the_guest_was_doing(harness: Harness) -> None:
    """A checkpoint: it can be resumed."""
    harness.do(copies.snapshot, vm="web01", name="before", with_memory=True)

    assert harness.record("VM", "before")["power_state"] == "Suspended"
    assert harness.state("web01") == "Running"


def test_snapshot_with_memory_refuses_a_halted_vm(harness: Harness) -> None:
    """It has no memory."""
    with pytest.raises(errors.Refused) as refused:
        harness.do(copies.snapshot, vm="web02", name="before", with_memory=True)

    assert refused.value.code == "VM_BAD_POWER_STATE"


def test_snapshot_on_storage_that_cannot_keeps_xenservers_code(harness: Harness) -> None:
    sr = harness.ref("SR", "NFS virtual disk storage")
    harness.pool.do(
        "fault", what="refuse", method="VM.snapshot", code="SR_OPERATION_NOT_SUPPORTED", params=[sr]
    )

    with pytest.raises(errors.Refused) as refused:
        harness.do(copies.snapshot, vm="web01", name="before")

    assert (refused.value.code, refused.value.params) == ("SR_OPERATION_NOT_SUPPORTED", [sr])


def test_revert_brings_a_vm_back(harness: Harness) -> None:
    """It is what it was, and halted; the answer names the VM, not the snapshot."""
    uuid = harness.snapshot_of("web01", "before")
    harness.see("VM.set_name_description", harness.ref("VM", "web01"), "changed since")

    answer = harness.do(copies.revert, snapshot=uuid)

    assert harness.record("VM", "web01")["name_description"] == ""
    assert answer == {
        "return_result": "VM reverted",
        "uuid": harness.uuid("VM", "web01"),
        "name_label": "web01",
        "power_state": "Halted",
    }


def test_revert_tells_a_vm_that_it_is_no_snapshot(harness: Harness) -> None:
    with pytest.raises(errors.Refused, match=r"made with vm\.snapshot") as refused:
        harness.do(copies.revert, snapshot=harness.uuid("VM", "web01"))

    assert refused.value.code == "XENFLOW_WRONG_CLASS"


def _disks(harness: Harness, vm: str) -> set[str]:
    return {drive["VDI"] for drive in harness.devices("VBD", vm, type="Disk")}


def test_snapshots_of_a_vm_are_found_by_vm_and_name(harness: Harness) -> None:
    """Those of others are not, and no VM is."""
    taken = harness.snapshot_of("web02", "before")
    harness.snapshot_of("db01", "before")

    of_vm = harness.do(snapshots.find_snapshots, vm="web02")
    by_name = harness.do(snapshots.find_snapshots, name="before")

    [found] = of_vm["records"]
    assert (found["uuid"], found["snapshot_of"]) == (taken, harness.uuid("VM", "web02"))
    assert (of_vm["return_result"], by_name["count"]) == ("1 snapshot", 2)
    assert harness.do(snapshots.find_snapshots, name="web02")["count"] == 0


@pytest.mark.parametrize("verb", ["VM.snapshot", "VM.checkpoint"])
def test_a_snapshot_goes_with_its_disks(harness: Harness, verb: str) -> None:
    """The image of its memory too; the VM and its disks stay."""
    before = {cls: set(harness.all(cls)) for cls in ("VM", "VDI", "VBD")}
    made = harness.see(verb, harness.ref("VM", "web01"), "before")

    harness.do(snapshots.destroy_snapshot, snapshot=harness.see("VM.get_uuid", made))

    assert {cls: set(harness.all(cls)) for cls in before} == before


@pytest.mark.parametrize("verb", ["VDI.destroy", "VM.destroy"])
def test_a_snapshot_that_went_in_part_can_be_destroyed_again(harness: Harness, verb: str) -> None:
    """XenServer refused the snapshot, or a disk of it, which is known by its mark."""
    before = {cls: set(harness.all(cls)) for cls in ("VM", "VDI", "VBD")}
    taken = harness.snapshot_of("web02", "before")
    harness.pool.do("fault", what="refuse", method=verb, code="INTERNAL_ERROR", params=["x"])

    with pytest.raises(errors.Unknown):
        harness.do(snapshots.destroy_snapshot, snapshot=taken)

    named = harness.do(snapshots.destroy_snapshot, snapshot="before")
    assert (named["uuid"], named["name_label"]) == (taken, "before")
    assert {cls: set(harness.all(cls)) for cls in before} == before


def test_the_disks_of_a_snapshot_may_stay(harness: Harness) -> None:
    taken = harness.snapshot_of("web02", "before")
    disks = set(harness.all("VDI"))

    harness.do(snapshots.destroy_snapshot, snapshot=taken, keep_disks=True)

    assert not harness.exists("VM", taken)
    assert set(harness.all("VDI")) == disks


def test_a_disk_of_a_snapshot_that_a_vm_uses_stays(harness: Harness, maker: Maker) -> None:
    """A backup has it attached."""
    taken = harness.snapshot_of("web02", "before")
    [drive] = harness.devices("VBD", taken)
    maker.drive(maker.vm(), VDI=drive["VDI"], mode="RO")

    harness.do(snapshots.destroy_snapshot, snapshot=taken)

    assert drive["VDI"] in harness.all("VDI")
