"""A VM in one answer."""

import pytest

from tasks.vm import description, snapshots
from tests.tasks.fixtures import ISO, NFS, Maker
from tests.tasks.harness import Lab
from xenserver import errors


@pytest.fixture
def maker(lab: Lab) -> Maker:
    """Make objects in the pool of the lab."""
    return Maker(lab.see, lab.pool.do)


def test_a_running_vm_is_described_with_all_that_belongs_to_it(lab: Lab, maker: Maker) -> None:
    """Where it runs, what it has, how it is reached."""
    vm = maker.addressed()
    drive = maker.drive(vm)

    reply = lab.do(description.describe, vm=vm)

    record = lab.record("VM", vm)
    assert (reply["uuid"], reply["power_state"]) == (vm, "Running")
    assert lab.ref("host", reply["host_name_label"]) == record["resident_on"]
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


def test_link_local_addresses_are_left_out(lab: Lab, maker: Maker) -> None:
    """They reach nobody."""
    vm = maker.vm()
    lab.pool.do("guest", vm=vm, boot=0, address="never", link_local=True)
    ref = maker.ref("VM", vm)
    lab.see("VM.start", ref, False, False)  # noqa: FBT003 - in wire order
    while not lab.see("VM_guest_metrics.get_networks", lab.see("VM.get_guest_metrics", ref)):
        pass

    reply = lab.do(description.describe, vm=vm)

    assert (reply["addresses"], reply["interfaces"][0]["addresses"]) == ({}, [])


def test_an_empty_drive_and_a_medium_are_told_apart(lab: Lab, maker: Maker) -> None:
    """By what is in them."""
    empty, full = maker.cd(), maker.cd(iso=ISO)

    nothing = lab.do(description.describe, vm=maker.owner(empty))["disks"][-1]
    medium = lab.do(description.describe, vm=maker.owner(full))["disks"][-1]

    assert (nothing["type"], "vdi" in nothing) == ("CD", False)
    assert medium["name_label"] == ISO


def test_templates_and_snapshots_are_described_too(lab: Lab, maker: Maker) -> None:
    """And a VM names its snapshots."""
    vm = maker.vm()
    taken = lab.see("VM.get_uuid", lab.see("VM.snapshot", maker.ref("VM", vm), "before"))

    assert lab.do(description.describe, vm="deb12")["record"]["is_a_template"]
    assert lab.do(description.describe, vm=taken)["record"]["is_a_snapshot"]
    assert lab.do(description.describe, vm=vm)["snapshots"] == [taken]
    lab.do(snapshots.destroy_snapshot, snapshot=taken)
    assert lab.do(description.describe, vm=vm)["snapshots"] == []


def test_what_is_no_vm_is_not_described(lab: Lab) -> None:
    """A control domain is none."""
    with pytest.raises(errors.Missing, match="though a control domain is"):
        lab.do(description.describe, vm="Control domain on host: xs1")
