"""A VM in one answer."""

import pytest

from tasks.vm import description, snapshots
from tests.tasks.fixtures import ISO, NFS, Maker
from tests.tasks.harness import Harness
from xenserver import errors


def test_a_running_vm_is_described_with_all_that_belongs_to_it(
    harness: Harness, maker: Maker
) -> None:
    """Where it runs, what it has, how it is reached."""
    vm = maker.addressed()
    drive = maker.drive(vm)

    reply = harness.do(description.describe, vm=vm)

    record = harness.record("VM", vm)
    assert (reply["uuid"], reply["power_state"]) == (vm, "Running")
    assert harness.ref("host", reply["host_name_label"]) == record["resident_on"]
    boot, data = reply["disks"]
    assert (boot["device"], boot["attached"], boot["sr_name_label"]) == ("0", True, NFS)
    assert (data["vbd"], data["attached"], data["size"]) == (drive, False, 1 << 30)
    [interface] = reply["interfaces"]
    assert interface["vif"] == maker.interface(vm)
    assert interface["addresses"] == list(dict.fromkeys(reply["addresses"].values()))
    assert reply["return_result"].endswith(
        f"2 drives, 1 interface, {', '.join(interface['addresses'])}"
    )
    assert "OpaqueRef" not in str(reply)


def test_link_local_addresses_are_left_out(harness: Harness, maker: Maker) -> None:
    """They reach nobody."""
    vm = maker.vm()
    harness.pool.do("guest", vm=vm, boot=0, address="never", link_local=True)
    ref = maker.ref("VM", vm)
    harness.see("VM.start", ref, False, False)  # noqa: FBT003 - in wire order
    while not harness.see(
        "VM_guest_metrics.get_networks", harness.see("VM.get_guest_metrics", ref)
    ):
        pass

    reply = harness.do(description.describe, vm=vm)

    assert (reply["addresses"], reply["interfaces"][0]["addresses"]) == ({}, [])


def test_an_empty_drive_and_a_medium_differ(harness: Harness, maker: Maker) -> None:
    empty, full = maker.cd(), maker.cd(iso=ISO)

    nothing = harness.do(description.describe, vm=maker.owner(empty))["disks"][-1]
    medium = harness.do(description.describe, vm=maker.owner(full))["disks"][-1]

    assert (nothing["type"], "vdi" in nothing) == ("CD", False)
    assert medium["name_label"] == ISO


def test_templates_and_snapshots_are_described_too(harness: Harness, maker: Maker) -> None:
    vm = maker.vm()
    taken = harness.see("VM.get_uuid", harness.see("VM.snapshot", maker.ref("VM", vm), "before"))

    assert harness.do(description.describe, vm="deb12")["record"]["is_a_template"]
    assert harness.do(description.describe, vm=taken)["record"]["is_a_snapshot"]
    assert harness.do(description.describe, vm=vm)["snapshots"] == [taken]
    harness.do(snapshots.destroy_snapshot, snapshot=taken)
    assert harness.do(description.describe, vm=vm)["snapshots"] == []


def test_what_is_no_vm_is_not_described(harness: Harness) -> None:
    """A control domain is none."""
    with pytest.raises(errors.Missing, match="though a control domain is"):
        harness.do(description.describe, vm="Control domain on host: xs1")
