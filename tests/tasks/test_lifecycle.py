"""The life of VMs: installed from templates, destroyed, discarded."""

import pytest

from tasks.vm import copies, lifecycle
from tests.tasks.harness import Harness
from xenserver import errors
from xenserver.values import Value

NFS = "NFS virtual disk storage"
LOCAL = "Local storage xs2"
BARE = "Debian Bookworm 12"  # asks for one disk, and says not where


def test_install_makes_a_vm_of_a_configured_template(harness: Harness) -> None:
    """The template stays as it is."""
    before = harness.record("VM", "deb12")

    answer = harness.do(lifecycle.install, template="deb12", name="web03", description="third")

    made = harness.record("VM", "web03")
    assert answer == {"return_result": made["uuid"], "uuid": made["uuid"], "name_label": "web03"}
    assert not made["is_a_template"]
    assert made["name_description"] == "third"
    assert harness.record("VM", "deb12") == before


def test_install_puts_a_configured_templates_disks_onto_another_sr(harness: Harness) -> None:
    harness.do(lifecycle.install, template="deb12", name="web03", sr=LOCAL)

    assert _homes(harness, "web03") == [LOCAL]
    assert "Async.VM.copy" in harness.client.heard


def test_install_makes_a_bare_templates_disks_on_the_default_sr(harness: Harness) -> None:
    harness.do(lifecycle.install, template=BARE, name="web03")

    assert _homes(harness, "web03") == [NFS]


def test_install_makes_a_bare_templates_disks_on_the_sr_that_is_given(harness: Harness) -> None:
    """The template itself is not rewritten."""
    before = harness.record("VM", BARE)["other_config"]

    harness.do(lifecycle.install, template=BARE, name="web03", sr=LOCAL)

    assert _homes(harness, "web03") == [LOCAL]
    assert harness.record("VM", BARE)["other_config"] == before


def test_install_asks_for_an_sr_where_the_pool_has_no_default(harness: Harness) -> None:
    """Otherwise it would fail inside XenServer."""
    [pool] = harness.all("pool")
    harness.see("pool.set_default_SR", pool, "OpaqueRef:NULL")

    with pytest.raises(errors.Refused, match="the pool has no default SR"):
        harness.do(lifecycle.install, template=BARE, name="web03")


def test_install_in_place_provisions_the_very_template(harness: Harness) -> None:
    uuid = harness.do(copies.clone, vm="deb12", name="web03")["uuid"]

    answer = harness.do(lifecycle.install, template=uuid, in_place=True)

    assert answer["uuid"] == uuid
    assert not harness.record("VM", "web03")["is_a_template"]


def test_install_needs_a_name_for_a_new_vm(harness: Harness) -> None:
    """Nothing is made without one."""
    with pytest.raises(errors.Refused, match="name: is missing"):
        harness.do(lifecycle.install, template="deb12")

    assert not any(method.startswith("Async.") for method in harness.client.heard)


@pytest.mark.parametrize("by", ["name", "uuid"])
def test_install_tells_a_vm_that_it_is_no_template(harness: Harness, by: str) -> None:
    text = "web02" if by == "name" else harness.uuid("VM", "web02")

    with pytest.raises(errors.XenflowError, match=r"made with vm\.clone or vm\.copy"):
        harness.do(lifecycle.install, template=text, name="web03")


def test_destroy_leaves_every_disk(harness: Harness) -> None:
    uuid, [disk] = harness.uuid("VM", "web02"), harness.devices("VBD", "web02")

    answer = harness.do(lifecycle.destroy, vm="web02")

    assert answer == {"return_result": "VM Destroyed", "uuid": uuid, "name_label": "web02"}
    assert not harness.exists("VM", uuid)
    assert disk["VDI"] in harness.all("VDI")


def test_destroy_refuses_a_running_vm(harness: Harness) -> None:
    """It must be shut down first."""
    with pytest.raises(errors.Refused, match="is running; it must be halted or suspended"):
        harness.do(lifecycle.destroy, vm="web01")


def test_destroy_does_not_mean_a_template_by_name(harness: Harness) -> None:
    """A plain VM name never does."""
    with pytest.raises(errors.Missing, match="though a template is"):
        harness.do(lifecycle.destroy, vm="deb12")


@pytest.mark.parametrize("state", ["Halted", "Running", "Paused", "Suspended"])
def test_discard_leaves_nothing_of_a_vm(harness: Harness, state: str) -> None:
    """In whatever state it is by then: its disks and memory go with it."""
    disks = harness.all("VDI").keys()
    uuid = harness.do(lifecycle.install, template=BARE, name="web03")["uuid"]
    _bring(harness, uuid, state)

    answer = harness.do(lifecycle.discard, vm=uuid)

    assert answer["return_result"] == "VM discarded"
    assert not harness.exists("VM", uuid)
    assert harness.all("VDI").keys() == disks


def test_discard_leaves_nothing_of_a_snapshot(harness: Harness) -> None:
    disks = harness.all("VDI").keys()
    uuid = harness.do(copies.snapshot, vm="web01", name="before", with_memory=True)["uuid"]

    harness.do(lifecycle.discard, vm=uuid)

    assert harness.all("VDI").keys() == disks
    assert harness.state("web01") == "Running"


def test_discard_spares_a_disk_that_another_vm_uses(harness: Harness) -> None:
    uuid = harness.do(copies.clone, vm="web02", name="web03")["uuid"]
    [drive] = harness.devices("VBD", "web03", type="Disk")
    _attach(harness, "web02", drive["VDI"], other_config={})

    harness.do(lifecycle.discard, vm=uuid)

    assert drive["VDI"] in harness.all("VDI")


def test_discard_spares_isos_and_disks_that_were_there_before(harness: Harness) -> None:
    """Only what was made with the VM goes with it."""
    uuid = harness.do(copies.clone, vm="web02", name="web03")["uuid"]
    iso, disk = harness.ref("VDI", "debian-12.iso"), harness.ref("VDI", "db01 data")
    _attach(harness, "web03", iso, type="CD", mode="RO", other_config={"owner": ""})
    _attach(harness, "web03", disk, other_config={})

    harness.do(lifecycle.discard, vm=uuid)

    assert {iso, disk} <= harness.all("VDI").keys()


def _homes(harness: Harness, vm: str) -> list[str]:
    disks = [harness.all("VDI")[drive["VDI"]] for drive in harness.devices("VBD", vm, type="Disk")]
    return [harness.all("SR")[disk["SR"]]["name_label"] for disk in disks]


def _bring(harness: Harness, vm: str, state: str) -> None:
    ref = harness.ref("VM", vm)
    if state != "Halted":
        harness.see("VM.start", ref, state == "Paused", False)  # noqa: FBT003 - in wire order
    if state == "Suspended":
        harness.see("VM.suspend", ref)


def _attach(harness: Harness, vm: str, disk: str, **fields: Value) -> None:
    drive: dict[str, Value] = {
        "VM": harness.ref("VM", vm),
        "VDI": disk,
        "userdevice": "autodetect",
        "mode": "RW",
        "type": "Disk",
        "bootable": False,
        "unpluggable": True,
        "empty": False,
        "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    }
    harness.see("VBD.create", drive | fields)
