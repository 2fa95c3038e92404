"""Virtual disks, and the block devices by which VMs hold them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks import vbd, vdi
from tasks.engine.declaration.operation import Operation
from tasks.vm import cd
from tests.tasks.harness import Harness
from xenserver import errors

NFS = "NFS virtual disk storage"
GIB = 1 << 30


def test_vdi_create_makes_a_disk(harness: Harness) -> None:
    """Sizes may have a unit."""
    answer = harness.do(
        vdi.create,
        name="data",
        description="for web02",
        sr=NFS,
        size="10GiB",
        type="system",
        sharable=True,
        sm_config={"a": "b"},
        other_config={"c": "d"},
    )

    made = harness.record("VDI", "data")
    assert answer == {"return_result": made["uuid"], "uuid": made["uuid"], "name_label": "data"}
    assert made["virtual_size"] == 10 * GIB
    assert made["SR"] == harness.ref("SR", NFS)
    assert (made["name_description"], made["type"]) == ("for web02", "system")
    assert (made["sharable"], made["read_only"]) == (True, False)
    assert made["other_config"]["c"] == "d"


def test_vdi_create_refuses_a_library_of_isos(harness: Harness) -> None:
    """No disk can be made there."""
    with pytest.raises(errors.Refused) as refused:
        harness.do(vdi.create, name="data", sr="ISO library", size=GIB)

    assert refused.value.code == "SR_OPERATION_NOT_SUPPORTED"


def test_vdi_create_says_when_there_is_no_room(harness: Harness) -> None:
    for number in range(4):
        harness.do(vdi.create, name=f"data{number}", sr="Local storage xs1", size="2000GiB")

    with pytest.raises(errors.Full, match="the SR is full"):
        harness.do(vdi.create, name="data", sr="Local storage xs1", size="2000GiB")


def test_vdi_create_says_when_a_disk_is_too_large(harness: Harness) -> None:
    with pytest.raises(
        errors.Refused, match=r"cannot create a disk of that size: .*between 1 MB and"
    ):
        harness.do(vdi.create, name="data", sr=NFS, size="100TiB")


def test_vdi_destroy_deletes_a_disk(harness: Harness) -> None:
    uuid = harness.do(vdi.create, name="data", sr=NFS, size=GIB)["uuid"]

    answer = harness.do(vdi.destroy, vdi="data")

    assert answer == {"return_result": "VDI Destroyed", "uuid": uuid, "name_label": "data"}
    assert not harness.exists("VDI", uuid)


def test_vdi_destroy_refuses_a_disk_in_use(harness: Harness) -> None:
    with pytest.raises(errors.Refused, match="in use; detach it first"):
        harness.do(vdi.destroy, vdi="web01 system")


def test_vbd_create_gives_a_vm_a_disk(harness: Harness) -> None:
    """The answer names device and VM."""
    harness.do(vdi.create, name="data", sr=NFS, size=GIB)

    answer = harness.do(
        vbd.create,
        vm="web02",
        vdi="data",
        device=2,
        mode="RO",
        bootable=True,
        unpluggable=False,
        other_config={"a": "b"},
    )

    made = harness.record("VBD", answer["uuid"])
    assert answer == {
        "return_result": made["uuid"],
        "uuid": made["uuid"],
        "vm": harness.uuid("VM", "web02"),
        "vdi": harness.uuid("VDI", "data"),
        "device": "2",
        "was_there": False,
    }
    assert made["VDI"] == harness.ref("VDI", "data")
    assert (made["userdevice"], made["mode"], made["type"]) == ("2", "RO", "Disk")
    assert (made["bootable"], made["unpluggable"], made["empty"]) == (True, False, False)
    assert made["other_config"]["a"] == "b"


def test_vbd_create_finds_a_free_device(harness: Harness) -> None:
    """The lowest; the answer says which."""
    harness.do(vdi.create, name="data", sr=NFS, size=GIB)

    assert harness.do(vbd.create, vm="web02", vdi="data")["device"] == "1"


def test_ten_vbds_at_once_get_ten_devices(harness: Harness) -> None:
    """Number 3 is left to the CD drive."""
    for number in range(10):
        harness.do(vdi.create, name=f"data{number}", sr=NFS, size=GIB)

    with ThreadPoolExecutor(10) as client:
        disks = [f"data{number}" for number in range(10)]
        answers = list(client.map(lambda disk: harness.do(vbd.create, vm="web02", vdi=disk), disks))

    devices = {answer["device"] for answer in answers}
    assert len(devices) == 10
    assert devices.isdisjoint({"0", "3"})
    assert devices == {d["userdevice"] for d in harness.devices("VBD", "web02")} - {"0"}


def test_vbd_create_makes_an_empty_drive(harness: Harness) -> None:
    """A CD drive is read-only unless something else is said."""
    uuid = harness.do(vbd.create, vm="web02", empty=True, type="CD")["uuid"]

    made = harness.record("VBD", uuid)
    assert (made["empty"], made["type"], made["mode"]) == (True, "CD", "RO")


def test_vbd_create_puts_an_iso_into_a_new_drive(harness: Harness) -> None:
    """Found by its name."""
    uuid = harness.do(vbd.create, vm="web02", vdi="debian-12.iso", type="CD")["uuid"]

    assert harness.record("VBD", uuid)["VDI"] == harness.ref("VDI", "debian-12.iso")


@pytest.mark.parametrize("fields", [{}, {"vdi": "debian-12.iso", "empty": True}])
def test_vbd_create_wants_either_a_disk_or_an_empty_drive(
    harness: Harness, fields: dict[str, object]
) -> None:
    with pytest.raises(errors.Refused, match="name one, or give empty=true"):
        harness.do(vbd.create, vm="web02", type="CD", **fields)

    assert harness.client.heard == []


def test_vbd_create_refuses_a_device_that_is_taken(harness: Harness) -> None:
    with pytest.raises(errors.Refused, match="device 0 is taken; choose another, or autodetect"):
        harness.do(vbd.create, vm="web02", vdi="db01 data", device="0")


def test_vbd_create_refuses_a_cd_drive_that_writes(harness: Harness) -> None:
    with pytest.raises(errors.Refused, match="must have mode RO"):
        harness.do(vbd.create, vm="web02", vdi="debian-12.iso", type="CD", mode="RW")


def test_vbd_destroy_leaves_the_disk(harness: Harness) -> None:
    """Only the device goes."""
    [drive] = harness.devices("VBD", "web02")

    answer = harness.do(vbd.destroy, vbd=drive["uuid"])

    assert answer == {"return_result": "VBD Destroyed", "uuid": drive["uuid"]}
    assert not harness.exists("VBD", drive["uuid"])
    assert drive["VDI"] in harness.all("VDI")


def test_vbd_destroy_refuses_what_is_attached(harness: Harness) -> None:
    uuid = _plugged(harness)

    with pytest.raises(errors.Refused, match=r"still attached.*unplug it first"):
        harness.do(vbd.destroy, vbd=uuid)

    assert harness.exists("VBD", uuid)


def test_vbd_destroy_unplugs_first_on_request(harness: Harness) -> None:
    uuid = _plugged(harness)

    harness.do(vbd.destroy, vbd=uuid, unplug=True)

    assert not harness.exists("VBD", uuid)


def test_vbd_destroy_unplugs_nothing_that_is_detached(harness: Harness) -> None:
    [drive] = harness.devices("VBD", "web02")

    harness.do(vbd.destroy, vbd=drive["uuid"], unplug=True)

    assert "Async.VBD.unplug" not in harness.client.heard


def test_vbd_plug_and_unplug_act_on_a_running_vm(harness: Harness) -> None:
    """The guest sees the disk come and go."""
    harness.do(vdi.create, name="data", sr=NFS, size=GIB)
    uuid = harness.do(vbd.create, vm="web01", vdi="data")["uuid"]

    plugged = harness.do(vbd.plug, vbd=uuid)
    seen = harness.record("VBD", uuid)["currently_attached"]
    unplugged = harness.do(vbd.unplug, vbd=uuid)

    assert (plugged["return_result"], seen) == ("VBD plugged", True)
    assert unplugged["return_result"] == "VBD unplugged"
    assert not harness.record("VBD", uuid)["currently_attached"]


def test_vbd_unplug_by_force_is_another_call(harness: Harness) -> None:
    """The guest is not asked."""
    uuid = _plugged(harness)

    harness.do(vbd.unplug, vbd=uuid, force=True)

    assert "Async.VBD.unplug_force" in harness.client.heard
    assert not harness.record("VBD", uuid)["currently_attached"]


def test_vbd_plug_refuses_a_halted_vm(harness: Harness) -> None:
    """There is no guest to see it."""
    [drive] = harness.devices("VBD", "web02")

    with pytest.raises(errors.Refused, match="is halted; it must be running"):
        harness.do(vbd.plug, vbd=drive["uuid"])


def test_vbd_unplug_refuses_what_is_detached(harness: Harness) -> None:
    drive = _plugged(harness)
    harness.do(vbd.unplug, vbd=drive)

    with pytest.raises(errors.Refused, match="already detached"):
        harness.do(vbd.unplug, vbd=drive)


def test_vbd_insert_and_eject_change_the_medium(harness: Harness) -> None:
    [drive] = harness.devices("VBD", "db01", type="CD")

    inserted = harness.do(vbd.insert, vbd=drive["uuid"], vdi="debian-12.iso")
    seen = harness.record("VBD", drive["uuid"])["VDI"]
    ejected = harness.do(vbd.eject, vbd=drive["uuid"])

    assert inserted == {"return_result": "Media inserted", "uuid": drive["uuid"]}
    assert seen == harness.ref("VDI", "debian-12.iso")
    assert ejected == {"return_result": "VBD ejected", "uuid": drive["uuid"]}
    assert harness.record("VBD", drive["uuid"])["empty"]


def test_vbd_eject_refuses_an_empty_drive(harness: Harness) -> None:
    [drive] = harness.devices("VBD", "db01", type="CD")

    with pytest.raises(errors.Refused, match="is empty"):
        harness.do(vbd.eject, vbd=drive["uuid"])


def test_vbd_insert_refuses_a_drive_that_is_full(harness: Harness) -> None:
    [drive] = harness.devices("VBD", "db01", type="CD")
    harness.do(vbd.insert, vbd=drive["uuid"], vdi="debian-12.iso")

    with pytest.raises(errors.Refused, match="eject it first"):
        harness.do(vbd.insert, vbd=drive["uuid"], vdi="xs-tools.iso")


@pytest.mark.parametrize(
    ("verb", "first", "words"),
    [
        (vbd.plug, vbd.plug, "VBD already plugged"),
        (vbd.unplug, vbd.unplug, "VBD already unplugged"),
    ],
)
def test_ensure_makes_a_vbd_that_is_there_a_success(
    harness: Harness, verb: Operation, first: Operation, words: str
) -> None:
    """Nothing is done then."""
    drive = _plugged(harness)
    if first is vbd.unplug:
        harness.do(vbd.unplug, vbd=drive)

    assert harness.do(verb, vbd=drive, ensure=True)["return_result"] == words


def test_ensure_counts_a_drive_of_a_halted_vm_as_unplugged(harness: Harness) -> None:
    [drive] = harness.devices("VBD", "web02")

    reply = harness.do(vbd.unplug, vbd=drive["uuid"], ensure=True)

    assert reply["return_result"] == "VBD already unplugged"


@pytest.mark.parametrize("verb", ["pause", "suspend"])
def test_ensure_counts_a_drive_of_a_vm_that_rests_as_plugged(harness: Harness, verb: str) -> None:
    """XenServer refuses for the state of the VM; the drive is attached all the same."""
    drive = _plugged(harness)
    vm = harness.record("VBD", drive)["VM"]
    harness.see(f"VM.{verb}", vm)

    reply = harness.do(vbd.plug, vbd=drive, ensure=True)

    assert reply["return_result"] == "VBD already plugged"
    with pytest.raises(errors.Refused, match="must be running"):
        harness.do(vbd.unplug, vbd=drive, ensure=True)


def test_ensure_counts_a_drive_that_can_never_be_unplugged(harness: Harness) -> None:
    """One that is not attached is as unplugged as any; one that is attached stays."""
    drive = _plugged(harness)
    ref = harness.ref("VBD", drive)
    harness.see("VBD.set_unpluggable", ref, False)  # noqa: FBT003 - in wire order
    with pytest.raises(errors.Refused) as caught:
        harness.do(vbd.unplug, vbd=drive, ensure=True)
    assert caught.value.code == "VBD_NOT_UNPLUGGABLE"
    harness.see("VM.hard_shutdown", harness.record("VBD", drive)["VM"])

    reply = harness.do(vbd.unplug, vbd=drive, ensure=True)

    assert reply["return_result"] == "VBD already unplugged"


def test_ensure_counts_an_empty_drive(harness: Harness) -> None:
    """A second empty one is not made; a full one does not count."""
    fields = {"vm": "db01", "empty": True, "type": "CD", "ensure": True}
    [drive] = harness.devices("VBD", "db01", type="CD")

    there = harness.do(vbd.create, **fields)
    harness.do(vbd.insert, vbd=drive["uuid"], vdi="debian-12.iso")
    made = harness.do(vbd.create, **fields)

    assert (there["uuid"], there["was_there"]) == (drive["uuid"], True)
    assert made["was_there"] is False
    assert len(harness.devices("VBD", "db01", type="CD")) == 2


def test_ensure_gives_the_mode_in_which_a_disk_is_attached(harness: Harness) -> None:
    """It may be another than the one asked for, and the answer shows it."""
    disk = harness.do(vdi.create, name="kept", sr=NFS, size="1GiB")["uuid"]
    harness.do(vbd.create, vm="web02", vdi=disk, mode="RO")

    there = harness.do(vbd.create, vm="web02", vdi=disk, mode="RW", ensure=True)

    assert (there["was_there"], there["mode"]) == (True, "RO")


@pytest.mark.parametrize("drive", ["Disk", "CD"])
def test_ensure_forgives_no_wrong_drive(harness: Harness, drive: str) -> None:
    """A disk cannot be ejected, and a drive with another medium does not hold the one wanted."""
    if drive == "Disk":
        [found] = harness.devices("VBD", "web02")
        call, fields, code = vbd.eject, {}, "VBD_NOT_REMOVABLE_MEDIA"
    else:
        [found] = harness.devices("VBD", "db01", type="CD")
        harness.do(vbd.insert, vbd=found["uuid"], vdi="xs-tools.iso")
        call, fields, code = vbd.insert, {"vdi": "debian-12.iso"}, "VBD_NOT_EMPTY"

    with pytest.raises(errors.Refused) as caught:
        harness.do(call, vbd=found["uuid"], ensure=True, **fields)

    assert caught.value.code == code


@pytest.mark.parametrize("operation", [vbd.plug, vbd.plug_if_running])
def test_a_disk_that_its_storage_releases_late_is_plugged(
    harness: Harness, operation: Operation
) -> None:
    """No VM holds it any more, so it is waited for."""
    drive = _plugged(harness)
    harness.do(vbd.unplug, vbd=drive)
    fault = {"what": "refuse", "method": "Async.VBD.plug", "code": "VDI_IN_USE", "count": 2}
    harness.pool.do("fault", **fault, params=[harness.ref("VDI", "data")])

    harness.do(operation, vbd=drive)

    assert harness.record("VBD", drive)["currently_attached"]
    assert harness.client.heard.count("Async.VBD.plug") == 4


def test_a_disk_that_a_vm_holds_is_refused_at_once(harness: Harness) -> None:
    drive = _plugged(harness)
    other = harness.do(vbd.create, vm="db01", vdi="data")["uuid"]
    harness.client.heard.clear()

    with pytest.raises(errors.Refused, match=r"VDI_IN_USE|VM_MISSING_PV_DRIVERS"):
        harness.do(vbd.plug, vbd=other)

    assert harness.client.heard.count("Async.VBD.plug") == 1
    assert harness.record("VBD", drive)["currently_attached"]


def test_ensure_makes_a_medium_that_is_in_or_out_a_success(harness: Harness) -> None:
    [drive] = harness.devices("VBD", "db01", type="CD")
    uuid = drive["uuid"]

    out = harness.do(vbd.eject, vbd=uuid, ensure=True)
    harness.do(vbd.insert, vbd=uuid, vdi="debian-12.iso")
    into = harness.do(vbd.insert, vbd=uuid, vdi="debian-12.iso", ensure=True)

    assert (out["return_result"], into["return_result"]) == (
        "VBD already empty",
        "Media already inserted",
    )
    with pytest.raises(errors.Refused, match="eject it first"):
        harness.do(vbd.insert, vbd=uuid, vdi="xs-tools.iso", ensure=True)


def test_a_cd_goes_into_the_empty_drive_of_a_running_vm(harness: Harness) -> None:
    """No drive is made, which XenServer would refuse."""
    [drive] = harness.devices("VBD", "db01", type="CD")
    drives = set(harness.all("VBD"))

    answer = harness.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")

    assert (answer["uuid"], answer["device"]) == (drive["uuid"], "3")
    assert answer["vdi"] == harness.uuid("VDI", "debian-12.iso")
    assert set(harness.all("VBD")) == drives
    assert harness.record("VBD", drive["uuid"])["VDI"] == harness.ref("VDI", "debian-12.iso")


def test_a_cd_that_is_in_already_is_left_alone(harness: Harness) -> None:
    harness.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")

    assert harness.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")["was_there"] is True


def test_another_medium_is_refused_or_replaced(harness: Harness) -> None:
    harness.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")

    with pytest.raises(errors.Refused, match="holds another medium; eject it first, or") as full:
        harness.do(cd.insert_cd, vm="db01", vdi="xs-tools.iso")
    harness.do(cd.insert_cd, vm="db01", vdi="xs-tools.iso", replace=True)

    assert full.value.code == "VBD_NOT_EMPTY"
    [drive] = harness.devices("VBD", "db01", type="CD")
    assert drive["VDI"] == harness.ref("VDI", "xs-tools.iso")


def test_a_medium_comes_back_where_another_cannot_be_inserted(harness: Harness) -> None:
    """Its storage does not answer, say."""
    harness.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")
    fault = {"what": "refuse", "method": "Async.VBD.insert", "code": "SR_BACKEND_FAILURE_47"}
    harness.pool.do("fault", **fault, params=[])

    with pytest.raises(errors.XenflowError, match="SR_BACKEND_FAILURE_47"):
        harness.do(cd.insert_cd, vm="db01", vdi="xs-tools.iso", replace=True)

    [drive] = harness.devices("VBD", "db01", type="CD")
    assert drive["VDI"] == harness.ref("VDI", "debian-12.iso")


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("vm", ["db01", "web02"])
def test_a_disk_is_no_cd(harness: Harness, vm: str, replace: bool) -> None:  # noqa: FBT001 - a case
    """It is refused in words, whether the VM has a drive, full or empty, or none."""
    if vm == "db01" and replace:
        harness.do(cd.insert_cd, vm=vm, vdi="debian-12.iso")
    before = harness.devices("VBD", vm)

    with pytest.raises(errors.Refused, match="is not a CD: a CD drive takes ISOs") as refused:
        harness.do(cd.insert_cd, vm=vm, vdi="web01 system", replace=replace)

    assert refused.value.code == "VDI_IS_NOT_ISO"
    assert harness.devices("VBD", vm) == before


def test_a_vm_without_a_drive_gets_one(harness: Harness) -> None:
    first = harness.do(cd.insert_cd, vm="web02", vdi="debian-12.iso")
    harness.do(vbd.destroy, vbd=first["uuid"])
    harness.do(vdi.create, name="data", sr=NFS, size=GIB)
    harness.do(vbd.create, vm="web02", vdi="data", device="3")
    [boot] = harness.devices("VBD", "web02", userdevice="0")
    harness.do(vbd.destroy, vbd=boot["uuid"])

    second = harness.do(cd.insert_cd, vm="web02", vdi="debian-12.iso")

    assert (first["device"], second["device"]) == ("3", "2")


def test_a_drive_is_chosen_by_its_device(harness: Harness) -> None:
    for device in ("3", "4"):
        harness.do(vbd.create, vm="web02", empty=True, type="CD", device=device)

    assert harness.do(cd.insert_cd, vm="web02", vdi="debian-12.iso", device=4)["device"] == "4"


def test_vbd_insert_refuses_a_disk(harness: Harness) -> None:
    [drive] = harness.devices("VBD", "web02")

    with pytest.raises(errors.Refused, match="use a CD drive"):
        harness.do(vbd.insert, vbd=drive["uuid"], vdi="debian-12.iso")


def _plugged(harness: Harness) -> str:
    harness.do(vdi.create, name="data", sr=NFS, size=GIB)
    uuid = str(harness.do(vbd.create, vm="web01", vdi="data")["uuid"])
    harness.do(vbd.plug, vbd=uuid)
    return uuid
