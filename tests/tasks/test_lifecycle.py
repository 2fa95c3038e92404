"""The life of VMs: installed from templates, destroyed, discarded."""

import pytest

from tasks.vm import copies, lifecycle
from tests.tasks.harness import Lab
from xenserver import errors
from xenserver.values import Value

NFS = "NFS virtual disk storage"
LOCAL = "Local storage xs2"
BARE = "Debian Bookworm 12"  # asks for one disk, and says not where


def test_install_makes_a_vm_of_a_configured_template(lab: Lab) -> None:
    """The template stays as it is."""
    before = lab.record("VM", "deb12")

    answer = lab.do(lifecycle.install, template="deb12", name="web03", description="third")

    made = lab.record("VM", "web03")
    assert answer == {"return_result": made["uuid"], "uuid": made["uuid"], "name_label": "web03"}
    assert not made["is_a_template"]
    assert made["name_description"] == "third"
    assert lab.record("VM", "deb12") == before


def test_install_puts_a_configured_templates_disks_onto_another_sr(lab: Lab) -> None:
    lab.do(lifecycle.install, template="deb12", name="web03", sr=LOCAL)

    assert _homes(lab, "web03") == [LOCAL]
    assert "Async.VM.copy" in lab.hands.heard


def test_install_makes_a_bare_templates_disks_on_the_default_sr(lab: Lab) -> None:
    """Where the template names none."""
    lab.do(lifecycle.install, template=BARE, name="web03")

    assert _homes(lab, "web03") == [NFS]


def test_install_makes_a_bare_templates_disks_on_the_sr_that_is_given(lab: Lab) -> None:
    """The template itself is not rewritten."""
    before = lab.record("VM", BARE)["other_config"]

    lab.do(lifecycle.install, template=BARE, name="web03", sr=LOCAL)

    assert _homes(lab, "web03") == [LOCAL]
    assert lab.record("VM", BARE)["other_config"] == before


def test_install_asks_for_an_sr_where_the_pool_has_no_default(lab: Lab) -> None:
    """Rather than fail inside XenServer."""
    [pool] = lab.all("pool")
    lab.see("pool.set_default_SR", pool, "OpaqueRef:NULL")

    with pytest.raises(errors.Refused, match="the pool has no default SR"):
        lab.do(lifecycle.install, template=BARE, name="web03")


def test_install_in_place_provisions_the_very_template(lab: Lab) -> None:
    """A clone that the step before made."""
    uuid = lab.do(copies.clone, vm="deb12", name="web03")["uuid"]

    answer = lab.do(lifecycle.install, template=uuid, in_place=True)

    assert answer["uuid"] == uuid
    assert not lab.record("VM", "web03")["is_a_template"]


def test_install_needs_a_name_for_a_new_vm(lab: Lab) -> None:
    """Nothing is made without one."""
    with pytest.raises(errors.Refused, match="name: is missing"):
        lab.do(lifecycle.install, template="deb12")

    assert not any(method.startswith("Async.") for method in lab.hands.heard)


@pytest.mark.parametrize("by", ["name", "uuid"])
def test_install_tells_a_vm_that_it_is_no_template(lab: Lab, by: str) -> None:
    """And how another VM like it is made."""
    text = "web02" if by == "name" else lab.uuid("VM", "web02")

    with pytest.raises(errors.XenflowError, match=r"made with vm\.clone or vm\.copy"):
        lab.do(lifecycle.install, template=text, name="web03")


def test_destroy_leaves_every_disk(lab: Lab) -> None:
    uuid, [disk] = lab.uuid("VM", "web02"), lab.devices("VBD", "web02")

    answer = lab.do(lifecycle.destroy, vm="web02")

    assert answer == {"return_result": "VM Destroyed", "uuid": uuid, "name_label": "web02"}
    assert not lab.exists("VM", uuid)
    assert disk["VDI"] in lab.all("VDI")


def test_destroy_refuses_a_running_vm(lab: Lab) -> None:
    """It must be shut down first."""
    with pytest.raises(errors.Refused, match="is running; it must be halted or suspended"):
        lab.do(lifecycle.destroy, vm="web01")


def test_destroy_does_not_mean_a_template_by_name(lab: Lab) -> None:
    """A plain VM name never does."""
    with pytest.raises(errors.Missing, match="though a template is"):
        lab.do(lifecycle.destroy, vm="deb12")


@pytest.mark.parametrize("state", ["Halted", "Running", "Paused", "Suspended"])
def test_discard_leaves_nothing_of_a_vm(lab: Lab, state: str) -> None:
    """In whatever state it is by then: its disks and memory go with it."""
    disks = lab.all("VDI").keys()
    uuid = lab.do(lifecycle.install, template=BARE, name="web03")["uuid"]
    _bring(lab, uuid, state)

    answer = lab.do(lifecycle.discard, vm=uuid)

    assert answer["return_result"] == "VM discarded"
    assert not lab.exists("VM", uuid)
    assert lab.all("VDI").keys() == disks


def test_discard_leaves_nothing_of_a_snapshot(lab: Lab) -> None:
    """And the VM as it is."""
    disks = lab.all("VDI").keys()
    uuid = lab.do(copies.snapshot, vm="web01", name="before", with_memory=True)["uuid"]

    lab.do(lifecycle.discard, vm=uuid)

    assert lab.all("VDI").keys() == disks
    assert lab.state("web01") == "Running"


def test_discard_spares_a_disk_that_another_vm_uses(lab: Lab) -> None:
    """Whoever made it."""
    uuid = lab.do(copies.clone, vm="web02", name="web03")["uuid"]
    [drive] = lab.devices("VBD", "web03", type="Disk")
    _attach(lab, "web02", drive["VDI"], other_config={})

    lab.do(lifecycle.discard, vm=uuid)

    assert drive["VDI"] in lab.all("VDI")


def test_discard_spares_isos_and_disks_that_were_there_before(lab: Lab) -> None:
    """Only what was made with the VM goes with it."""
    uuid = lab.do(copies.clone, vm="web02", name="web03")["uuid"]
    iso, disk = lab.ref("VDI", "debian-12.iso"), lab.ref("VDI", "db01 data")
    _attach(lab, "web03", iso, type="CD", mode="RO", other_config={"owner": ""})
    _attach(lab, "web03", disk, other_config={})

    lab.do(lifecycle.discard, vm=uuid)

    assert {iso, disk} <= lab.all("VDI").keys()


def _homes(lab: Lab, vm: str) -> list[str]:
    disks = [lab.all("VDI")[drive["VDI"]] for drive in lab.devices("VBD", vm, type="Disk")]
    return [lab.all("SR")[disk["SR"]]["name_label"] for disk in disks]


def _bring(lab: Lab, vm: str, state: str) -> None:
    ref = lab.ref("VM", vm)
    if state != "Halted":
        lab.see("VM.start", ref, state == "Paused", False)  # noqa: FBT003 - in wire order
    if state == "Suspended":
        lab.see("VM.suspend", ref)


def _attach(lab: Lab, vm: str, disk: str, **fields: Value) -> None:
    drive: dict[str, Value] = {
        "VM": lab.ref("VM", vm),
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
    lab.see("VBD.create", drive | fields)
