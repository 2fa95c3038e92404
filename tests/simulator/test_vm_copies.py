"""What clones, copies, snapshots and provisioning make, keep and refuse."""

from typing import Any

import pytest

NULL = "OpaqueRef:NULL"
DISKS = (
    '<provision><disk device="{device}" size="{size}" sr="{sr}" bootable="true" type="system"/>'
    "</provision>"
)


def devices(xen: Any, vm: str, cls: str) -> list[dict[str, Any]]:
    """Return the records of a VM's drives or interfaces, by device."""
    found = [xen(f"{cls}.get_record", device) for device in xen(f"VM.get_{cls}s", vm)]
    return sorted(found, key=lambda device: str(device.get("userdevice", device["device"])))


def uuid_of_shared_storage(xen: Any) -> str:
    """Return the UUID of the repository that all hosts see."""
    return str(xen("SR.get_uuid", xen.find("SR", "NFS virtual disk storage")))


def test_a_running_vm_is_not_cloned(xen: Any, running: str) -> None:
    """F096: Clone wants halted."""
    refusal = xen.refusal("VM.clone", running, "twin")

    assert refusal == ["VM_BAD_POWER_STATE", running, "halted", "running"]


def test_a_clone_is_like_its_origin_in_all_but_identity(xen: Any, halted: str) -> None:
    """F097: UUID, name, MAC seed and MACs are its own; blocked operations are dropped."""
    xen("VM.set_tags", halted, ["web"])
    xen("VM.set_affinity", halted, xen("host.get_all")[0])
    xen("VM.set_blocked_operations", halted, {"destroy": "precious"})

    twin = xen("VM.clone", halted, "twin")

    old, new = xen("VM.get_record", halted), xen("VM.get_record", twin)
    assert new["uuid"] != old["uuid"]
    assert new["name_label"] == "twin"
    assert new["other_config"]["mac_seed"] != old["other_config"]["mac_seed"]
    macs = [[vif["MAC"] for vif in devices(xen, vm, "VIF")] for vm in (halted, twin)]
    assert macs[0] != macs[1]
    assert (new["tags"], new["affinity"]) == (old["tags"], old["affinity"])
    assert new["ha_always_run"] is False
    assert new["blocked_operations"] == {}


def test_a_clone_of_a_template_is_a_template(xen: Any) -> None:
    """F098: A clone of a default template is one too, but no default one itself."""
    origin = xen.find("VM", "Other install media")

    twin = xen("VM.get_record", xen("VM.clone", origin, "mine"))

    assert (twin["is_a_template"], twin["is_default_template"]) == (True, False)
    assert "default_template" not in twin["other_config"]
    assert twin["other_config"]["base_template_name"] == "Other install media"


def test_a_clone_of_a_snapshot_is_a_template_that_becomes_a_vm(xen: Any, running: str) -> None:
    """F098: Of a checkpoint too, whose memory stays behind."""
    for verb in ("snapshot", "checkpoint"):
        kept = xen(f"VM.{verb}", running, "kept")

        twin = xen("VM.clone", kept, "again")

        record = xen("VM.get_record", twin)
        assert (record["is_a_template"], record["is_a_snapshot"]) == (True, False)
        assert (record["power_state"], record["snapshot_of"]) == ("Halted", NULL)
        xen("VM.provision", twin)
        xen("VM.start", twin, False, False)


def test_a_sleeping_vm_is_cloned_where_the_pool_allows_it(xen: Any) -> None:
    """F096: Its twin sleeps in an image of its own."""
    asleep, (pool,) = xen.find("VM", "batch01"), xen("pool.get_all")
    refusal = xen.refusal("VM.clone", asleep, "twin")
    assert refusal == ["VM_BAD_POWER_STATE", asleep, "halted", "suspended"]
    xen("pool.add_to_other_config", pool, "allow_clone_suspended_vm", "true")

    twin = xen("VM.clone", asleep, "twin")

    assert xen("VM.get_suspend_VDI", twin) not in {NULL, xen("VM.get_suspend_VDI", asleep)}
    for vm in (twin, asleep):
        xen("VM.resume", vm, False, False)


def test_a_clone_has_disks_of_its_own_and_the_same_media(
    xen: Any, halted: str, drive_record: Any
) -> None:
    """F099: Disks are cloned and owned, an inserted ISO is shared, numbers stay."""
    iso = xen.find("VDI", "debian-12.iso")
    xen("VBD.create", drive_record(halted, VDI=iso, type="CD", mode="RO", userdevice="3"))

    twin = xen("VM.clone", halted, "twin")

    old, new = devices(xen, halted, "VBD"), devices(xen, twin, "VBD")
    assert [drive["userdevice"] for drive in new] == [drive["userdevice"] for drive in old]
    assert new[0]["VDI"] not in {NULL, old[0]["VDI"]}
    assert "owner" in new[0]["other_config"]
    assert new[1]["VDI"] == iso


def test_a_snapshot_keeps_a_running_vm_as_it_is(xen: Any, running: str) -> None:
    """F100: A halted template of the same MACs, which becomes the VM's parent."""
    kept = xen("VM.snapshot", running, "kept")

    snapshot = xen("VM.get_record", kept)
    assert (snapshot["is_a_snapshot"], snapshot["is_a_template"]) == (True, True)
    assert snapshot["snapshot_of"] == running
    assert snapshot["power_state"] == "Halted"
    macs = [[vif["MAC"] for vif in devices(xen, vm, "VIF")] for vm in (running, kept)]
    assert macs[0] == macs[1]
    assert xen("VM.get_parent", running) == kept
    assert kept in xen("VM.get_snapshots", running)
    assert devices(xen, kept, "VBD")[0]["VDI"] in xen(
        "VDI.get_snapshots", devices(xen, running, "VBD")[0]["VDI"]
    )


def test_a_snapshot_may_leave_disks_out(xen: Any, running: str) -> None:
    """F023: The fourth parameter names them."""
    disk = devices(xen, running, "VBD")[0]["VDI"]

    kept = xen("VM.snapshot", running, "kept", [disk])

    assert devices(xen, kept, "VBD") == []


def test_disks_are_not_copied_to_a_library(xen: Any, halted: str) -> None:
    """F101: An ISO repository takes no disks."""
    refusal = xen.refusal("VM.copy", halted, "twin", xen.find("SR", "ISO library"))

    assert refusal == ["OPERATION_NOT_ALLOWED", "Cannot copy a VM's disks to an ISO SR"]


def test_a_copy_goes_to_the_repository_asked_for(xen: Any, halted: str) -> None:
    """F101: Without one, or with one that is none, each disk stays where it is."""
    local = xen.find("SR", "Local storage xs1")

    there = xen("VM.copy", halted, "there", local)
    here = xen("VM.copy", halted, "here", NULL)

    shared = xen("VDI.get_SR", devices(xen, halted, "VBD")[0]["VDI"])
    assert xen("VDI.get_SR", devices(xen, there, "VBD")[0]["VDI"]) == local
    assert xen("VDI.get_SR", devices(xen, here, "VBD")[0]["VDI"]) == shared


def test_only_templates_are_provisioned(xen: Any, halted: str) -> None:
    """F102: A VM is one already."""
    assert xen.refusal("VM.provision", halted) == ["PROVISION_ONLY_ALLOWED_ON_TEMPLATE"]


def test_provisioning_makes_the_disks_that_the_template_asks_for(xen: Any) -> None:
    """F103: A disk of the size, named by its number, writable, owned; the wish is forgotten."""
    template = xen("VM.clone", xen.find("VM", "Other install media"), "mine")
    wish = DISKS.format(device="0", size=10 << 30, sr=uuid_of_shared_storage(xen))
    xen("VM.add_to_other_config", template, "disks", wish)

    xen("VM.provision", template)

    (drive,) = devices(xen, template, "VBD")
    disk = xen("VDI.get_record", drive["VDI"])
    assert xen("VM.get_is_a_template", template) is False
    assert (int(disk["virtual_size"]), disk["name_label"]) == (10 << 30, "0")
    assert disk["name_description"] == "Created by template provisioner"
    assert (drive["mode"], drive["bootable"], drive["unpluggable"]) == ("RW", True, False)
    assert "owner" in drive["other_config"]
    assert "disks" not in xen("VM.get_other_config", template)


def test_provisioning_of_a_configured_template_adds_nothing(xen: Any) -> None:
    """F103: Its disk is there already."""
    template = xen("VM.clone", xen.find("VM", "deb12"), "mine")
    before = devices(xen, template, "VBD")

    xen("VM.provision", template)

    assert [drive["VDI"] for drive in devices(xen, template, "VBD")] == [
        drive["VDI"] for drive in before
    ]


@pytest.mark.parametrize(
    "wish",
    ["<provision><disk", "<disks/>", "<provision><disk/></provision>", '<provision a="b"/>'],
)
def test_a_wish_that_cannot_be_read_leaves_a_template(xen: Any, wish: str) -> None:
    """It is read before anything is changed."""
    template = xen("VM.clone", xen.find("VM", "Other install media"), "mine")
    xen("VM.add_to_other_config", template, "disks", wish)

    assert xen.refusal("VM.provision", template)[0] == "INTERNAL_ERROR"
    assert xen("VM.get_is_a_template", template) is True


def test_a_wish_may_name_a_device_that_is_taken(xen: Any) -> None:
    """The drive is refused as another VBD.create would be, the disk stays behind."""
    template = xen("VM.clone", xen.find("VM", "deb12"), "mine")
    before = len(xen("VDI.get_all"))
    wish = DISKS.format(device="0", size=1 << 30, sr=uuid_of_shared_storage(xen))
    xen("VM.add_to_other_config", template, "disks", wish)

    assert xen.refusal("VM.provision", template) == ["DEVICE_ALREADY_EXISTS", "0"]
    assert len(xen("VDI.get_all")) == before + 1


def test_a_script_that_fails_takes_the_disks_along(xen: Any) -> None:
    template = xen("VM.clone", xen.find("VM", "Other install media"), "mine")
    before = len(xen("VDI.get_all"))
    wish = DISKS.format(device="0", size=1 << 30, sr=uuid_of_shared_storage(xen))
    xen("VM.add_to_other_config", template, "disks", wish)
    xen("VM.add_to_other_config", template, "postinstall", "/bin/sh")

    assert xen.refusal("VM.provision", template)[0] == "PERMISSION_DENIED"
    assert len(xen("VDI.get_all")) == before
    assert devices(xen, template, "VBD") == []


def test_a_failed_provisioning_leaves_a_vm_with_some_disks(xen: Any) -> None:
    """F104: The second repository is unknown; is_a_template is false, the first disk stays."""
    template = xen("VM.clone", xen.find("VM", "Other install media"), "mine")
    wish = DISKS.format(device="0", size=1 << 30, sr=uuid_of_shared_storage(xen))
    bad = '<disk device="1" size="1" sr="nowhere" bootable="false"/></provision>'
    xen(
        "VM.add_to_other_config",
        template,
        "disks",
        wish.replace("</provision>", bad),
    )
    before = len(xen("VDI.get_all"))

    refusal = xen.refusal("VM.provision", template)

    assert refusal == ["UUID_INVALID", "sr", "nowhere"]
    assert xen("VM.get_is_a_template", template) is False
    assert len(xen("VDI.get_all")) == before + 1
    (drive,) = devices(xen, template, "VBD")
    assert xen("VDI.get_name_label", drive["VDI"]) == "0"


def test_destroying_a_vm_leaves_its_disks(xen: Any, halted: str, running: str) -> None:
    """F105: Devices go, disks stay; running VMs and default templates are refused."""
    vm = xen("VM.get_record", halted)
    disk = devices(xen, halted, "VBD")[0]["VDI"]
    template = xen.find("VM", "Other install media")

    xen("VM.destroy", halted)

    for cls in ("VBD", "VIF"):
        assert xen.refusal(f"{cls}.get_uuid", vm[f"{cls}s"][0])[0] == "HANDLE_INVALID"
    assert xen("VDI.get_VBDs", disk) == []
    refusal = xen.refusal("VM.destroy", running)
    assert refusal == ["VM_BAD_POWER_STATE", running, "halted, suspended", "running"]
    assert xen.refusal("VM.destroy", template) == ["VM_IS_TEMPLATE", template, "destroy"]


def test_a_plain_vm_is_not_reverted(xen: Any, halted: str) -> None:
    """F106: The failure names no VM, and nothing has changed."""
    before = xen("VM.get_record", halted)

    assert xen.refusal("VM.revert", halted) == ["VM_REVERT_FAILED", halted, NULL]

    assert xen("VM.get_record", halted) == before


def test_a_revert_brings_back_what_the_snapshot_kept(xen: Any, running: str) -> None:
    """Settings, disks and MACs are those of then; tags stay; the VM ends halted."""
    kept = xen("VM.snapshot", running, "kept")
    old_disk = devices(xen, running, "VBD")[0]["VDI"]
    macs = [vif["MAC"] for vif in devices(xen, running, "VIF")]
    xen("VM.set_name_label", running, "changed")
    xen("VM.set_tags", running, ["now"])

    xen("VM.revert", kept)

    vm = xen("VM.get_record", running)
    assert (vm["power_state"], vm["name_label"], vm["tags"]) == ("Halted", "web01", ["now"])
    assert vm["parent"] == kept
    assert xen.refusal("VDI.get_uuid", old_disk)[0] == "HANDLE_INVALID"
    new_disk = devices(xen, running, "VBD")[0]["VDI"]
    assert xen("VDI.get_snapshot_of", devices(xen, kept, "VBD")[0]["VDI"]) == new_disk
    assert [vif["MAC"] for vif in devices(xen, running, "VIF")] == macs
    xen("VM.start", running, False, False)


def test_a_revert_brings_back_a_vm_that_is_gone(xen: Any, halted: str) -> None:
    """It has its old UUID under a new reference."""
    kept = xen("VM.snapshot", halted, "kept")
    uuid = xen("VM.get_uuid", halted)
    xen("VM.destroy", halted)

    xen("VM.revert", kept)

    again = xen("VM.get_by_uuid", uuid)
    assert again != halted
    assert xen("VM.get_snapshot_of", kept) == again
    assert len(devices(xen, again, "VBD")) == 1


def test_a_checkpoint_without_its_memory_changes_nothing(xen: Any, running: str) -> None:
    """A VM is not replaced by what cannot be brought back whole."""
    kept = xen("VM.checkpoint", running, "kept")
    xen("VDI.destroy", xen("VM.get_suspend_VDI", kept))

    assert xen.refusal("VM.revert", kept)[:2] == ["HANDLE_INVALID", "VDI"]
    assert xen("VM.get_power_state", running) == "Running"


def test_a_checkpoint_keeps_the_memory_too(xen: Any, running: str) -> None:
    """It is suspended, the VM runs on; reverting to it ends suspended."""
    kept = xen("VM.checkpoint", running, "kept")

    assert xen("VM.get_power_state", running) == "Running"
    assert xen("VM.get_power_state", kept) == "Suspended"
    assert xen("VM.get_suspend_VDI", running) == NULL
    xen("VM.revert", kept)
    assert xen("VM.get_power_state", running) == "Suspended"
    xen("VM.resume", running, False, False)


def test_a_halted_vm_has_no_memory_to_keep(xen: Any, halted: str) -> None:
    """Checkpoint wants a domain, or the image of one."""
    refusal = xen.refusal("VM.checkpoint", halted, "kept")

    assert refusal == ["VM_BAD_POWER_STATE", halted, "paused, suspended, running", "halted"]


def test_only_a_halted_vm_becomes_a_template(xen: Any, running: str, halted: str) -> None:
    """F107: It loses its metrics."""
    refusal = xen.refusal("VM.set_is_a_template", running, True)
    assert refusal == ["VM_BAD_POWER_STATE", running, "halted", "running"]

    xen("VM.set_is_a_template", halted, True)

    assert xen("VM.get_metrics", halted) == NULL
    xen("VM.set_is_a_template", halted, False)
    xen("VM.start", halted, False, False)


def test_a_vm_is_made_halted(xen: Any, machine_record: Any) -> None:
    """F108: Whatever power state the record says; it gets a seed for its MACs."""
    vm = xen("VM.create", machine_record(power_state="Running", blocked_operations={"start": "x"}))

    made = xen("VM.get_record", vm)
    assert (made["power_state"], made["guest_metrics"]) == ("Halted", NULL)
    assert made["other_config"]["mac_seed"]
    assert made["blocked_operations"] == {}
    assert made["metrics"] in xen("VM_metrics.get_all")


@pytest.mark.parametrize(("verb", "part"), [("clone", "clone"), ("copy", "copy")])
def test_disks_are_copied_in_subtasks(
    xen: Any, halted: str, held: Any, verb: str, part: str
) -> None:
    """Each shows in the list of tasks under that of the whole."""
    token = xen.token()
    more = [NULL] if verb == "copy" else []
    task = xen(f"Async.VM.{verb}", halted, "twin", *more)

    subtask = xen.appeared(token, f"Async.VDI.{part}")

    assert xen("task.get_subtask_of", subtask) == task
    held(20)
    assert xen("task.get_status", task) == "success"


def test_a_cancelled_clone_leaves_nothing(xen: Any, halted: str, held: Any) -> None:
    """Neither the VM nor its disks, whichever part it had come to."""
    before = {cls: xen(f"{cls}.get_all") for cls in ("VM", "VBD", "VDI", "VIF", "VM_metrics")}
    tasks = [xen("Async.VM.clone", halted, "twin") for _ in range(3)]
    held(0.5)

    for task in tasks:
        xen("task.cancel", task)
    held(5)

    assert {xen("task.get_status", task) for task in tasks} == {"cancelled"}
    assert {cls: xen(f"{cls}.get_all") for cls in before} == before


def test_a_new_vm_shows_that_it_is_being_made(xen: Any, halted: str, held: Any) -> None:
    """Its current_operations name the task that makes it."""
    task = xen("Async.VM.clone", halted, "twin")
    held(0.5)

    assert xen("VM.get_current_operations", xen.find("VM", "twin")) == {task: "clone"}
    held(5)
    assert xen("VM.get_current_operations", xen.find("VM", "twin")) == {}


def test_clones_and_copies_of_one_vm_go_together(xen: Any, halted: str, held: Any) -> None:
    """A start waits until they are done."""
    copies = [xen("Async.VM.copy", halted, f"twin {number}", NULL) for number in range(2)]
    start = xen("Async.VM.start", halted, False, False)
    assert len(xen("VM.get_current_operations", halted)) == 2
    assert set(xen("VM.get_allowed_operations", halted)) == {"clone", "copy", "export"}

    held(60)

    assert {xen("task.get_status", task) for task in (*copies, start)} == {"success"}
