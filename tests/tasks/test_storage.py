"""Virtual disks, and the block devices by which VMs hold them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks import vbd, vdi
from tasks.engine.declaration.operation import Operation
from tasks.vm import cd
from tests.tasks.harness import Lab
from xenserver import errors

NFS = "NFS virtual disk storage"
GIB = 1 << 30


def test_vdi_create_makes_a_disk(lab: Lab) -> None:
    """With all that was said of it; sizes may have a unit."""
    answer = lab.do(
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

    made = lab.record("VDI", "data")
    assert answer == {"return_result": made["uuid"], "uuid": made["uuid"], "name_label": "data"}
    assert made["virtual_size"] == 10 * GIB
    assert made["SR"] == lab.ref("SR", NFS)
    assert (made["name_description"], made["type"]) == ("for web02", "system")
    assert (made["sharable"], made["read_only"]) == (True, False)
    assert made["other_config"]["c"] == "d"


def test_vdi_create_refuses_a_library_of_isos(lab: Lab) -> None:
    """No disk can be made there."""
    with pytest.raises(errors.Refused) as refused:
        lab.do(vdi.create, name="data", sr="ISO library", size=GIB)

    assert refused.value.code == "SR_OPERATION_NOT_SUPPORTED"


def test_vdi_create_says_when_there_is_no_room(lab: Lab) -> None:
    """As storage behind XenServer does."""
    for number in range(4):
        lab.do(vdi.create, name=f"data{number}", sr="Local storage xs1", size="2000GiB")

    with pytest.raises(errors.Full, match="the SR is full"):
        lab.do(vdi.create, name="data", sr="Local storage xs1", size="2000GiB")


def test_vdi_create_says_when_a_disk_is_too_large(lab: Lab) -> None:
    with pytest.raises(errors.Refused, match=r"makes no disk of that size: .*between 1 MB and"):
        lab.do(vdi.create, name="data", sr=NFS, size="100TiB")


def test_vdi_destroy_deletes_a_disk(lab: Lab) -> None:
    """And says so as the old integration did."""
    uuid = lab.do(vdi.create, name="data", sr=NFS, size=GIB)["uuid"]

    answer = lab.do(vdi.destroy, vdi="data")

    assert answer == {"return_result": "VDI Destroyed", "uuid": uuid, "name_label": "data"}
    assert not lab.exists("VDI", uuid)


def test_vdi_destroy_refuses_a_disk_in_use(lab: Lab) -> None:
    """And says what to do first."""
    with pytest.raises(errors.Refused, match="in use; detach it first"):
        lab.do(vdi.destroy, vdi="web01 system")


def test_vbd_create_gives_a_vm_a_disk(lab: Lab) -> None:
    """The answer names device and VM."""
    lab.do(vdi.create, name="data", sr=NFS, size=GIB)

    answer = lab.do(
        vbd.create,
        vm="web02",
        vdi="data",
        device=2,
        mode="RO",
        bootable=True,
        unpluggable=False,
        other_config={"a": "b"},
    )

    made = lab.record("VBD", answer["uuid"])
    assert answer == {
        "return_result": made["uuid"],
        "uuid": made["uuid"],
        "vm": lab.uuid("VM", "web02"),
        "vdi": lab.uuid("VDI", "data"),
        "device": "2",
        "was_there": False,
    }
    assert made["VDI"] == lab.ref("VDI", "data")
    assert (made["userdevice"], made["mode"], made["type"]) == ("2", "RO", "Disk")
    assert (made["bootable"], made["unpluggable"], made["empty"]) == (True, False, False)
    assert made["other_config"]["a"] == "b"


def test_vbd_create_finds_a_free_device(lab: Lab) -> None:
    """The lowest; the answer says which."""
    lab.do(vdi.create, name="data", sr=NFS, size=GIB)

    assert lab.do(vbd.create, vm="web02", vdi="data")["device"] == "1"


def test_ten_vbds_at_once_get_ten_devices(lab: Lab) -> None:
    """Number 3 is left to the CD drive."""
    for number in range(10):
        lab.do(vdi.create, name=f"data{number}", sr=NFS, size=GIB)

    with ThreadPoolExecutor(10) as hands:
        disks = [f"data{number}" for number in range(10)]
        answers = list(hands.map(lambda disk: lab.do(vbd.create, vm="web02", vdi=disk), disks))

    devices = {answer["device"] for answer in answers}
    assert len(devices) == 10
    assert devices.isdisjoint({"0", "3"})
    assert devices == {d["userdevice"] for d in lab.devices("VBD", "web02")} - {"0"}


def test_vbd_create_makes_an_empty_drive(lab: Lab) -> None:
    """A CD drive is read-only unless something else is said."""
    uuid = lab.do(vbd.create, vm="web02", empty=True, type="CD")["uuid"]

    made = lab.record("VBD", uuid)
    assert (made["empty"], made["type"], made["mode"]) == (True, "CD", "RO")


def test_vbd_create_puts_an_iso_into_a_new_drive(lab: Lab) -> None:
    """Found by its name."""
    uuid = lab.do(vbd.create, vm="web02", vdi="debian-12.iso", type="CD")["uuid"]

    assert lab.record("VBD", uuid)["VDI"] == lab.ref("VDI", "debian-12.iso")


@pytest.mark.parametrize("fields", [{}, {"vdi": "debian-12.iso", "empty": True}])
def test_vbd_create_wants_either_a_disk_or_an_empty_drive(
    lab: Lab, fields: dict[str, object]
) -> None:
    """Before XenServer is asked for anything."""
    with pytest.raises(errors.Refused, match="name one, or give empty=true"):
        lab.do(vbd.create, vm="web02", type="CD", **fields)

    assert lab.hands.heard == []


def test_vbd_create_refuses_a_device_that_is_taken(lab: Lab) -> None:
    """And says what to use instead."""
    with pytest.raises(errors.Refused, match="device 0 is taken; choose another, or autodetect"):
        lab.do(vbd.create, vm="web02", vdi="db01 data", device="0")


def test_vbd_create_refuses_a_cd_drive_that_writes(lab: Lab) -> None:
    """And says which mode it must have."""
    with pytest.raises(errors.Refused, match="must have mode RO"):
        lab.do(vbd.create, vm="web02", vdi="debian-12.iso", type="CD", mode="RW")


def test_vbd_destroy_leaves_the_disk(lab: Lab) -> None:
    """Only the device goes."""
    [drive] = lab.devices("VBD", "web02")

    answer = lab.do(vbd.destroy, vbd=drive["uuid"])

    assert answer == {"return_result": "VBD Destroyed", "uuid": drive["uuid"]}
    assert not lab.exists("VBD", drive["uuid"])
    assert drive["VDI"] in lab.all("VDI")


def test_vbd_destroy_refuses_what_is_attached(lab: Lab) -> None:
    """And says what to do first."""
    uuid = _plugged(lab)

    with pytest.raises(errors.Refused, match=r"still attached.*unplug it first"):
        lab.do(vbd.destroy, vbd=uuid)

    assert lab.exists("VBD", uuid)


def test_vbd_destroy_unplugs_first_on_request(lab: Lab) -> None:
    uuid = _plugged(lab)

    lab.do(vbd.destroy, vbd=uuid, unplug=True)

    assert not lab.exists("VBD", uuid)


def test_vbd_destroy_unplugs_nothing_that_is_detached(lab: Lab) -> None:
    [drive] = lab.devices("VBD", "web02")

    lab.do(vbd.destroy, vbd=drive["uuid"], unplug=True)

    assert "Async.VBD.unplug" not in lab.hands.heard


def test_vbd_plug_and_unplug_act_on_a_running_vm(lab: Lab) -> None:
    """The guest sees the disk come and go."""
    lab.do(vdi.create, name="data", sr=NFS, size=GIB)
    uuid = lab.do(vbd.create, vm="web01", vdi="data")["uuid"]

    plugged = lab.do(vbd.plug, vbd=uuid)
    seen = lab.record("VBD", uuid)["currently_attached"]
    unplugged = lab.do(vbd.unplug, vbd=uuid)

    assert (plugged["return_result"], seen) == ("VBD plugged", True)
    assert unplugged["return_result"] == "VBD unplugged"
    assert not lab.record("VBD", uuid)["currently_attached"]


def test_vbd_unplug_by_force_is_another_call(lab: Lab) -> None:
    """The guest is not asked."""
    uuid = _plugged(lab)

    lab.do(vbd.unplug, vbd=uuid, force=True)

    assert "Async.VBD.unplug_force" in lab.hands.heard
    assert not lab.record("VBD", uuid)["currently_attached"]


def test_vbd_plug_refuses_a_halted_vm(lab: Lab) -> None:
    """There is no guest to see it."""
    [drive] = lab.devices("VBD", "web02")

    with pytest.raises(errors.Refused, match="is halted; it must be running"):
        lab.do(vbd.plug, vbd=drive["uuid"])


def test_vbd_unplug_refuses_what_is_detached(lab: Lab) -> None:
    drive = _plugged(lab)
    lab.do(vbd.unplug, vbd=drive)

    with pytest.raises(errors.Refused, match="already detached"):
        lab.do(vbd.unplug, vbd=drive)


def test_vbd_insert_and_eject_change_the_medium(lab: Lab) -> None:
    [drive] = lab.devices("VBD", "db01", type="CD")

    inserted = lab.do(vbd.insert, vbd=drive["uuid"], vdi="debian-12.iso")
    seen = lab.record("VBD", drive["uuid"])["VDI"]
    ejected = lab.do(vbd.eject, vbd=drive["uuid"])

    assert inserted == {"return_result": "Media inserted", "uuid": drive["uuid"]}
    assert seen == lab.ref("VDI", "debian-12.iso")
    assert ejected == {"return_result": "VBD ejected", "uuid": drive["uuid"]}
    assert lab.record("VBD", drive["uuid"])["empty"]


def test_vbd_eject_refuses_an_empty_drive(lab: Lab) -> None:
    [drive] = lab.devices("VBD", "db01", type="CD")

    with pytest.raises(errors.Refused, match="is empty"):
        lab.do(vbd.eject, vbd=drive["uuid"])


def test_vbd_insert_refuses_a_drive_that_is_full(lab: Lab) -> None:
    """And says what to do first."""
    [drive] = lab.devices("VBD", "db01", type="CD")
    lab.do(vbd.insert, vbd=drive["uuid"], vdi="debian-12.iso")

    with pytest.raises(errors.Refused, match="eject it first"):
        lab.do(vbd.insert, vbd=drive["uuid"], vdi="xs-tools.iso")


@pytest.mark.parametrize(
    ("verb", "first", "words"),
    [
        (vbd.plug, vbd.plug, "VBD already plugged"),
        (vbd.unplug, vbd.unplug, "VBD already unplugged"),
    ],
)
def test_ensure_makes_a_vbd_that_is_there_a_success(
    lab: Lab, verb: Operation, first: Operation, words: str
) -> None:
    """Nothing is done then."""
    drive = _plugged(lab)
    if first is vbd.unplug:
        lab.do(vbd.unplug, vbd=drive)

    assert lab.do(verb, vbd=drive, ensure=True)["return_result"] == words


def test_ensure_counts_a_drive_of_a_halted_vm_as_unplugged(lab: Lab) -> None:
    """Whatever XenServer names first: the state of the VM, or that of the drive."""
    [drive] = lab.devices("VBD", "web02")

    reply = lab.do(vbd.unplug, vbd=drive["uuid"], ensure=True)

    assert reply["return_result"] == "VBD already unplugged"


@pytest.mark.parametrize("operation", [vbd.plug, vbd.plug_if_running])
def test_a_disk_that_its_storage_releases_late_is_plugged(lab: Lab, operation: Operation) -> None:
    """No VM holds it any more, so it is waited for."""
    drive = _plugged(lab)
    lab.do(vbd.unplug, vbd=drive)
    fault = {"what": "refuse", "method": "Async.VBD.plug", "code": "VDI_IN_USE", "count": 2}
    lab.pool.do("fault", **fault, params=[lab.ref("VDI", "data")])

    lab.do(operation, vbd=drive)

    assert lab.record("VBD", drive)["currently_attached"]
    assert lab.hands.heard.count("Async.VBD.plug") == 4


def test_a_disk_that_a_vm_holds_is_refused_at_once(lab: Lab) -> None:
    """To wait would not help."""
    drive = _plugged(lab)
    other = lab.do(vbd.create, vm="db01", vdi="data")["uuid"]
    lab.hands.heard.clear()

    with pytest.raises(errors.Refused, match=r"VDI_IN_USE|VM_MISSING_PV_DRIVERS"):
        lab.do(vbd.plug, vbd=other)

    assert lab.hands.heard.count("Async.VBD.plug") == 1
    assert lab.record("VBD", drive)["currently_attached"]


def test_ensure_makes_a_medium_that_is_in_or_out_a_success(lab: Lab) -> None:
    """But not another medium."""
    [drive] = lab.devices("VBD", "db01", type="CD")
    uuid = drive["uuid"]

    out = lab.do(vbd.eject, vbd=uuid, ensure=True)
    lab.do(vbd.insert, vbd=uuid, vdi="debian-12.iso")
    into = lab.do(vbd.insert, vbd=uuid, vdi="debian-12.iso", ensure=True)

    assert (out["return_result"], into["return_result"]) == (
        "VBD already empty",
        "Media already inserted",
    )
    with pytest.raises(errors.Refused, match="eject it first"):
        lab.do(vbd.insert, vbd=uuid, vdi="xs-tools.iso", ensure=True)


def test_a_cd_goes_into_the_empty_drive_of_a_running_vm(lab: Lab) -> None:
    """No drive is made, which XenServer would refuse."""
    [drive] = lab.devices("VBD", "db01", type="CD")
    drives = set(lab.all("VBD"))

    answer = lab.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")

    assert (answer["uuid"], answer["device"]) == (drive["uuid"], "3")
    assert answer["vdi"] == lab.uuid("VDI", "debian-12.iso")
    assert set(lab.all("VBD")) == drives
    assert lab.record("VBD", drive["uuid"])["VDI"] == lab.ref("VDI", "debian-12.iso")


def test_a_cd_that_is_in_already_is_left_alone(lab: Lab) -> None:
    lab.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")

    assert lab.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")["was_there"] is True


def test_another_medium_is_refused_or_replaced(lab: Lab) -> None:
    """Whatever is asked for."""
    lab.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")

    with pytest.raises(errors.Refused, match="holds another medium; eject it first, or") as full:
        lab.do(cd.insert_cd, vm="db01", vdi="xs-tools.iso")
    lab.do(cd.insert_cd, vm="db01", vdi="xs-tools.iso", replace=True)

    assert full.value.code == "VBD_NOT_EMPTY"
    [drive] = lab.devices("VBD", "db01", type="CD")
    assert drive["VDI"] == lab.ref("VDI", "xs-tools.iso")


def test_a_medium_comes_back_where_another_cannot_be_inserted(lab: Lab) -> None:
    """Its storage does not answer, say."""
    lab.do(cd.insert_cd, vm="db01", vdi="debian-12.iso")
    fault = {"what": "refuse", "method": "Async.VBD.insert", "code": "SR_BACKEND_FAILURE_47"}
    lab.pool.do("fault", **fault, params=[])

    with pytest.raises(errors.XenflowError, match="SR_BACKEND_FAILURE_47"):
        lab.do(cd.insert_cd, vm="db01", vdi="xs-tools.iso", replace=True)

    [drive] = lab.devices("VBD", "db01", type="CD")
    assert drive["VDI"] == lab.ref("VDI", "debian-12.iso")


def test_a_vm_without_a_drive_gets_one(lab: Lab) -> None:
    first = lab.do(cd.insert_cd, vm="web02", vdi="debian-12.iso")
    lab.do(vbd.destroy, vbd=first["uuid"])
    lab.do(vdi.create, name="data", sr=NFS, size=GIB)
    lab.do(vbd.create, vm="web02", vdi="data", device="3")
    [boot] = lab.devices("VBD", "web02", userdevice="0")
    lab.do(vbd.destroy, vbd=boot["uuid"])

    second = lab.do(cd.insert_cd, vm="web02", vdi="debian-12.iso")

    assert (first["device"], second["device"]) == ("3", "2")


def test_a_drive_is_chosen_by_its_device(lab: Lab) -> None:
    """Where a VM has several."""
    for device in ("3", "4"):
        lab.do(vbd.create, vm="web02", empty=True, type="CD", device=device)

    assert lab.do(cd.insert_cd, vm="web02", vdi="debian-12.iso", device=4)["device"] == "4"


def test_vbd_insert_refuses_a_disk(lab: Lab) -> None:
    """And says what to use instead."""
    [drive] = lab.devices("VBD", "web02")

    with pytest.raises(errors.Refused, match="use a CD drive"):
        lab.do(vbd.insert, vbd=drive["uuid"], vdi="debian-12.iso")


def _plugged(lab: Lab) -> str:
    lab.do(vdi.create, name="data", sr=NFS, size=GIB)
    uuid = str(lab.do(vbd.create, vm="web01", vdi="data")["uuid"])
    lab.do(vbd.plug, vbd=uuid)
    return uuid
