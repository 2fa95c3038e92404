"""What plugs drives and interfaces into VMs, and what refuses to."""

from collections.abc import Callable
from typing import Any

import pytest

NULL = "OpaqueRef:NULL"
MAC = "00:16:3e:12:34:56"


@pytest.fixture
def disk(xen: Any, disk_record: Any) -> str:
    """Make a disk that no VM holds."""
    return str(xen("VDI.create", disk_record()))


@pytest.fixture
def add_drive(xen: Any, drive_record: Any) -> Callable[..., str]:
    """Make drives of VMs."""
    return lambda vm, **fields: str(xen("VBD.create", drive_record(vm, **fields)))


@pytest.fixture
def add_interface(xen: Any, interface_record: Any) -> Callable[..., str]:
    """Make interfaces of VMs."""
    return lambda vm, **fields: str(xen("VIF.create", interface_record(vm, **fields)))


@pytest.fixture
def refused(xen: Any, drive_record: Any) -> Callable[..., list[str]]:
    """Try to make a drive that is refused."""
    return lambda vm, **fields: xen.refusal("VBD.create", drive_record(vm, **fields))


def test_a_drive_without_a_number_gets_the_lowest_free_one(
    xen: Any, halted: str, disk: str, add_drive: Any, refused: Any
) -> None:
    """F109: A number and a Linux name may mean the same drive."""
    assert "1" in xen("VM.get_allowed_VBD_devices", halted)
    drive = add_drive(halted, VDI=disk)

    assert xen("VBD.get_userdevice", drive) == "1"
    assert xen("VM.get_allowed_VBD_devices", halted)[0] == "2"
    for taken in ("0", "xvda", "hda"):
        assert refused(halted, VDI=disk, userdevice=taken) == ["DEVICE_ALREADY_EXISTS", taken]


def test_a_drive_says_what_is_wrong_with_it(xen: Any, halted: str, disk: str, refused: Any) -> None:
    """F110: Each mistake has its code."""
    iso = xen.find("VDI", "debian-12.iso")

    assert refused(halted, VDI=iso, type="CD", mode="RW") == ["VBD_CDS_MUST_BE_READONLY"]
    assert refused(halted) == ["VBD_NOT_REMOVABLE_MEDIA", "in constructor"]
    assert refused(halted, VDI=disk, userdevice="zz") == ["INVALID_DEVICE", "zz"]
    assert refused(halted, VDI=disk, userdevice="255") == ["INVALID_DEVICE", "255"]
    assert refused(halted, VDI=iso) == ["VDI_READONLY", iso]
    assert refused(halted, VDI=NULL, empty=False) == ["HANDLE_INVALID", "VDI", NULL]


def test_a_drive_is_plugged_only_into_a_running_vm(
    xen: Any, halted: str, running: str, disk: str, add_drive: Any
) -> None:
    """F111: The refusal is of the state of the VM or of the drive."""
    cold = add_drive(halted, VDI=disk)
    drive = add_drive(running, VDI=disk)
    refusal = xen.refusal("VBD.plug", cold)
    assert refusal == ["VM_BAD_POWER_STATE", halted, "running", "halted"]
    assert xen.refusal("VBD.unplug", drive) == ["DEVICE_ALREADY_DETACHED", drive]

    xen("VBD.plug", drive)

    assert xen("VBD.get_currently_attached", drive) is True
    assert xen("VBD.get_device", drive) == "xvdb"
    assert xen.refusal("VBD.plug", drive) == ["DEVICE_ALREADY_ATTACHED", drive]
    xen("VBD.unplug", drive)
    assert xen("VBD.get_currently_attached", drive) is False


def test_a_drive_that_may_not_be_unplugged_stays(
    xen: Any, running: str, disk: str, add_drive: Any
) -> None:
    """F111: Unpluggable false forbids it."""
    drive = add_drive(running, VDI=disk, unpluggable=False)
    xen("VBD.plug", drive)

    assert xen.refusal("VBD.unplug", drive) == ["VBD_NOT_UNPLUGGABLE", drive]


def test_a_disk_has_one_writer(
    xen: Any, running: str, halted: str, disk: str, add_drive: Any
) -> None:
    """F112: A second VM gets neither plug nor start."""
    xen("VBD.plug", add_drive(running, VDI=disk))
    other = add_drive(halted, VDI=disk)

    assert xen.refusal("VM.start", halted, False, False) == ["VDI_IN_USE", disk]

    xen("VBD.destroy", other)
    xen("VM.start", halted, False, False)
    other = add_drive(halted, VDI=disk)
    assert xen.refusal("VBD.plug", other) == ["VDI_IN_USE", disk]


def test_a_disk_has_many_readers(
    xen: Any, running: str, halted: str, disk: str, add_drive: Any
) -> None:
    """F112: Readers share it as long as no VM writes."""
    xen("VM.start", halted, False, False)

    for vm in (running, halted):
        xen("VBD.plug", add_drive(vm, VDI=disk, mode="RO"))

    assert len(xen("VDI.get_VBDs", disk)) == 2


def test_an_attached_drive_is_not_destroyed(
    xen: Any, running: str, disk: str, add_drive: Any
) -> None:
    """F113: The refusal names both by their UUIDs; detached it goes and the disk stays."""
    drive = add_drive(running, VDI=disk)
    xen("VBD.plug", drive)
    uuids = xen("VBD.get_uuid", drive), xen("VM.get_uuid", running)

    refusal = xen.refusal("VBD.destroy", drive)

    text = f"VBD '{uuids[0]}' still attached to '{uuids[1]}'"
    assert refusal == ["OPERATION_NOT_ALLOWED", text]
    xen("VBD.unplug", drive)
    xen("VBD.destroy", drive)
    assert xen("VDI.get_VBDs", disk) == []


def test_a_cd_drive_takes_isos_only(
    xen: Any, halted: str, disk: str, add_drive: Any, refused: Callable[..., list[str]]
) -> None:
    """F114: The repository of the disk decides, however the disk comes into the drive."""
    refusal = ["VDI_IS_NOT_ISO", disk, "user"]
    drive = add_drive(halted, type="CD", mode="RO")

    assert xen.refusal("VBD.insert", drive, disk) == refusal
    assert refused(halted, VDI=disk, type="CD", mode="RO") == refusal


def test_media_are_inserted_into_empty_drives_and_ejected_from_full_ones(
    xen: Any, halted: str, add_drive: Any
) -> None:
    """F114: A disk drive has no medium to change."""
    iso = xen.find("VDI", "debian-12.iso")
    drive = add_drive(halted, type="CD", mode="RO")
    (fixed,) = (d for d in xen("VM.get_VBDs", halted) if xen("VBD.get_type", d) == "Disk")
    assert xen.refusal("VBD.eject", drive) == ["VBD_IS_EMPTY", drive]
    assert xen.refusal("VBD.insert", fixed, iso) == ["VBD_NOT_REMOVABLE_MEDIA", fixed]
    assert set(xen("VBD.get_allowed_operations", drive)) == {"attach", "insert"}

    xen("VBD.insert", drive, iso)

    assert (xen("VBD.get_VDI", drive), xen("VBD.get_empty", drive)) == (iso, False)
    assert xen.refusal("VBD.insert", drive, iso) == ["VBD_NOT_EMPTY", drive]
    assert set(xen("VBD.get_allowed_operations", drive)) == {"attach", "eject"}
    xen("VBD.eject", drive)
    assert (xen("VBD.get_VDI", drive), xen("VBD.get_empty", drive)) == (NULL, True)


def test_media_change_in_a_running_guest_but_not_in_a_sleeping_one(
    xen: Any, add_drive: Any
) -> None:
    """F114: An HVM guest's drive stays attached throughout; it cannot be hotplugged."""
    iso = xen.find("VDI", "debian-12.iso")
    awake, asleep = xen.find("VM", "db01"), xen.find("VM", "batch01")
    (drive,) = (d for d in xen("VM.get_VBDs", awake) if xen("VBD.get_type", d) == "CD")

    xen("VBD.insert", drive, iso)

    assert xen("VBD.get_currently_attached", drive) is True
    assert xen.refusal("VBD.unplug", drive) == ["VM_MISSING_PV_DRIVERS", awake]
    sleeping = add_drive(asleep, type="CD", mode="RO")
    refusal = xen.refusal("VBD.insert", sleeping, iso)
    assert refusal == ["VM_BAD_POWER_STATE", asleep, "halted, running", "suspended"]


def test_only_a_halted_vms_drive_changes_its_mode(xen: Any, running: str, halted: str) -> None:
    """The running one's is refused."""
    (hot,) = xen("VM.get_VBDs", running)
    (cold,) = xen("VM.get_VBDs", halted)

    xen("VBD.set_mode", cold, "RO")

    assert xen("VBD.get_mode", cold) == "RO"
    refusal = xen.refusal("VBD.set_mode", hot, "RO")
    assert refusal == ["VM_BAD_POWER_STATE", running, "halted", "running"]


def test_an_interface_without_a_mac_gets_one(xen: Any, halted: str, add_interface: Any) -> None:
    """F115: It is made from seed and device, so the same device gets the same address again."""
    first = add_interface(halted)
    mac = xen("VIF.get_MAC", first)
    assert xen("VIF.get_MAC_autogenerated", first) is True
    assert int(mac.split(":")[0], 16) & 0x03 == 0x02

    xen("VIF.destroy", first)

    assert xen("VIF.get_MAC", add_interface(halted)) == mac


def test_an_interface_says_what_is_wrong_with_it(
    xen: Any, halted: str, interface_record: Any, add_interface: Any
) -> None:
    """F115: Bad MAC, bad device, device taken; a MAC used twice is accepted."""

    def refused(**fields: Any) -> list[str]:
        return list(xen.refusal("VIF.create", interface_record(halted, **fields)))

    assert refused(MAC="xx") == ["MAC_INVALID", "xx"]
    assert refused(device="0") == ["DEVICE_ALREADY_EXISTS", "0"]
    assert refused(device="a") == ["INVALID_DEVICE", "a"]
    assert refused(device="autodetect") == ["INVALID_DEVICE", "autodetect"]
    twins = [add_interface(halted, device=device, MAC=MAC) for device in ("1", "2")]
    assert {xen("VIF.get_MAC", twin) for twin in twins} == {MAC}
    assert xen("VM.get_allowed_VIF_devices", halted)[0] == "3"


def test_an_attached_interface_of_a_running_vm_is_not_destroyed(xen: Any, running: str) -> None:
    """F116: Unplugged first, it goes."""
    (vif,) = xen("VM.get_VIFs", running)

    refusal = xen.refusal("VIF.destroy", vif)

    text = "VIF currently attached to a running VM"
    assert refusal == ["OPERATION_NOT_ALLOWED", text]
    xen("VIF.unplug", vif)
    xen("VIF.destroy", vif)
    assert xen("VM.get_VIFs", running) == []


def test_an_interface_of_a_sleeping_vm_is_destroyed(xen: Any) -> None:
    """F116: There is no domain that holds it."""
    asleep = xen.find("VM", "batch01")
    (vif,) = xen("VM.get_VIFs", asleep)

    xen("VIF.destroy", vif)

    assert xen("VM.get_VIFs", asleep) == []


def test_interfaces_are_plugged_into_running_vms(
    xen: Any, running: str, halted: str, add_interface: Any
) -> None:
    """The guest tells the address of a new one."""
    vif, cold = add_interface(running), add_interface(halted)
    assert xen.refusal("VIF.plug", cold)[0] == "VM_BAD_POWER_STATE"

    xen("VIF.plug", vif)

    assert xen.refusal("VIF.plug", vif) == ["DEVICE_ALREADY_ATTACHED", vif]
    networks = xen("VM_guest_metrics.get_networks", xen("VM.get_guest_metrics", running))
    assert "1/ip" in networks
    xen("VIF.unplug", vif)
    assert xen.refusal("VIF.unplug", vif) == ["DEVICE_ALREADY_DETACHED", vif]


def test_an_interface_moves_to_another_network(xen: Any, running: str) -> None:
    (vif,) = xen("VM.get_VIFs", running)
    harness = xen.find("network", "lab")

    xen("VIF.move", vif, harness)

    assert xen("VIF.get_network", vif) == harness
    assert xen("network.get_VIFs", harness) == [vif]


def test_a_second_plug_waits_and_then_finds_the_drive_attached(
    xen: Any, running: str, disk: str, add_drive: Any, held: Any
) -> None:
    """Nobody hears OTHER_OPERATION_IN_PROGRESS."""
    drive = add_drive(running, VDI=disk)
    tasks = [xen("Async.VBD.plug", drive) for _ in range(2)]

    held(30)

    assert xen("task.get_status", tasks[0]) == "success"
    assert xen("task.get_error_info", tasks[1]) == ["DEVICE_ALREADY_ATTACHED", drive]
