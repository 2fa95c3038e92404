"""The steps that only flows need: choosing disks, free numbers, a last look, plugging, settings."""

from collections import Counter
from collections.abc import Iterator

import pytest

from simulator import server
from tasks import gather, vbd, vdi, vif
from tasks.vm import configuration, devices, disks, tags
from tests.tasks.fixtures import Maker, Record
from tests.tasks.harness import Harness
from tests.xenserver.pools import Pool
from xenserver import errors


@pytest.fixture
def with_physical_disk() -> Iterator[tuple[Harness, str]]:
    """Serve a pool in which web02 has a physical disk in a drive; return that disk's UUID."""
    with server.serve_in_thread(server.Options(control=True, speed=1000.0)) as served:
        db = served.pool.db
        sr = db.create("SR", name_label="Removable storage", type="udev", content_type="disk")
        disk = db.create("VDI", name_label="SCSI 0:0:0:0", SR=sr, managed=True)
        [vm] = [ref for ref in db.refs("VM") if db.get("VM", ref)["name_label"] == "web02"]
        db.create("VBD", VM=vm, VDI=disk, userdevice="5", type="Disk", mode="RW", empty=False)
        harness = Harness(Pool(served.url))
        yield harness, str(db.get("VDI", disk)["uuid"])
        harness.close()


def test_a_physical_disk_is_kept(with_physical_disk: tuple[Harness, str]) -> None:
    """It is a device, not a file that could be deleted."""
    harness, disk = with_physical_disk

    answer = harness.do(disks.choose_disks, vm="web02", delete=True)

    assert [one["name_label"] for one in answer["delete"]] == ["web02 system"]
    assert answer["keep"] == [
        {"uuid": disk, "name_label": "SCSI 0:0:0:0", "why": "it is a physical device"}
    ]


def test_each_object_is_read_once_to_choose_disks(harness: Harness, maker: Maker) -> None:
    """However many disks a VM has; those of others are no matter."""
    vm = maker.vm()
    for _ in range(3):
        maker.drive(vm)

    harness.do(disks.choose_disks, vm=vm, delete=True)

    read = Counter(harness.client.heard)
    assert read["VDI.get_record"] == read["VBD.get_record"] == 4
    assert (read["SR.get_record"], read["VM.get_all_records"]) == (1, 0)
    assert [method for method in read if method.endswith("get_all_records")] == []


def test_a_disk_in_two_drives_of_a_vm_is_chosen_once(harness: Harness, maker: Maker) -> None:
    vm = maker.vm()
    drive = maker.drive(vm)
    disk = harness.see("VBD.get_VDI", maker.ref("VBD", drive))
    maker.drive(vm, VDI=disk)

    answer = harness.do(disks.choose_disks, vm=vm, delete=True)

    assert len(answer["delete"]) == 2


def test_free_numbers_leave_out_what_is_taken_or_spoken_for(harness: Harness, maker: Maker) -> None:
    """The VM has a disk on 0 and an interface on 0; the CD drive has its own place."""
    vm = maker.vm()

    answer = harness.do(devices.free_devices, vm=vm, drives=["1"], interfaces=["2"])

    assert answer["drives"][:3] == ["2", "4", "5"]
    assert answer["cd"] == vbd.CD
    assert answer["interfaces"][:3] == ["1", "3", "4"]


def test_a_cd_gets_another_number_where_its_own_is_taken(harness: Harness, maker: Maker) -> None:
    vm = maker.vm()

    answer = harness.do(devices.free_devices, vm=vm, drives=[vbd.CD])

    assert answer["cd"] not in {vbd.CD, *answer["drives"]}


def test_devices_that_are_there_are_confirmed(harness: Harness, maker: Maker) -> None:
    """Drives and interfaces; the answer is the VM."""
    vm = maker.vm()
    parts = [{"uuid": uuid, "vm": vm} for uuid in (maker.drive(vm), maker.interface(vm))]

    answer = harness.do(devices.check_devices, parts=parts)

    assert (answer["return_result"], answer["uuid"]) == ("2 devices built", vm)
    assert answer["power_state"] == "Halted"


def test_a_device_that_has_vanished_is_named(harness: Harness, maker: Maker) -> None:
    """Somebody took it away while its siblings were built."""
    vm = maker.vm()
    parts = [{"uuid": maker.drive(maker.vm()), "vm": vm}, {"uuid": maker.drive(vm), "vm": vm}]

    with pytest.raises(errors.Unknown) as caught:
        harness.do(devices.check_devices, parts=parts)

    assert caught.value.params == [parts[0]["uuid"]]


def test_plugging_a_device_that_was_plugged_meanwhile_is_fine(
    harness: Harness, maker: Maker
) -> None:
    """The VM started just now, say, and took all its devices along."""
    drive = maker.plugged()

    answer = harness.do(vbd.plug_if_running, vbd=drive)

    assert answer["plugged"]


def test_an_interface_is_plugged(harness: Harness, maker: Maker) -> None:
    vm = maker.running()
    record: Record = {
        "VM": harness.ref("VM", vm),
        "network": harness.ref("network", "lab"),
        "device": "1",
    }
    rest: Record = {"MAC": "", "MTU": 1500, "other_config": {}, "qos_algorithm_params": {}}
    made = harness.see("VIF.create", {**record, **rest, "qos_algorithm_type": ""})

    answer = harness.do(vif.plug, vif=harness.see("VIF.get_uuid", made))

    assert answer["return_result"] == "VIF plugged"
    assert harness.see("VIF.get_currently_attached", made)


@pytest.mark.parametrize("count", [1, 4])
def test_processors_are_set_up_or_down(harness: Harness, maker: Maker, count: int) -> None:
    """There are never more at startup than there may be."""
    vm = maker.vm()
    harness.do(configuration.configure, vm=vm, vcpus=2)

    harness.do(configuration.configure, vm=vm, vcpus=count)

    record = harness.record("VM", vm)
    assert int(record["VCPUs_max"]) == int(record["VCPUs_at_startup"]) == count


def test_memory_below_the_least_is_refused_in_words(harness: Harness, maker: Maker) -> None:
    """The least stays what the template made it."""
    vm = maker.vm(name="small01")
    ref = maker.ref("VM", vm)
    harness.see("VM.set_memory_limits", ref, 512 << 20, *[1 << 30] * 3)

    with pytest.raises(errors.Refused, match="memory: 128 MiB is less than VM small01 needs: 512"):
        harness.do(configuration.configure, vm="small01", memory="128MiB")

    assert int(harness.record("VM", vm)["memory_static_min"]) == 512 << 20


def test_memory_is_one_figure_above_the_least(harness: Harness, maker: Maker) -> None:
    """What a VM gets, it gets at startup and keeps."""
    vm = maker.vm()
    least = harness.record("VM", vm)["memory_static_min"]

    harness.do(configuration.configure, vm=vm, memory="2GiB")

    record = harness.record("VM", vm)
    limits = {int(record[f"memory_{w}"]) for w in ("dynamic_min", "dynamic_max", "static_max")}
    assert limits == {2 << 30}
    assert record["memory_static_min"] == least


def test_sockets_firmware_and_a_tpm_are_configured(harness: Harness, maker: Maker) -> None:
    vm = maker.vm()
    wanted = {"vcpus": 4, "cores_per_socket": 2, "secure_boot": True, "vtpm": True}

    harness.do(configuration.configure, vm=vm, boot={"firmware": "uefi"}, **wanted)
    harness.do(configuration.configure, vm=vm, vtpm=True)

    record = harness.record("VM", vm)
    assert record["HVM_boot_params"]["firmware"] == "uefi"
    assert record["platform"]["cores-per-socket"] == "2"
    assert record["platform"]["secureboot"] == "true"
    assert len(record["VTPMs"]) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"vcpus": 3, "cores_per_socket": 2}, "3 virtual processors do not fill sockets of 2"),
        ({"secure_boot": True}, "is bios; secure boot and a TPM need uefi"),
        ({"vtpm": True, "boot": {"firmware": "bios"}}, "is bios; secure boot and a TPM need uefi"),
        ({"memory": None}, "nothing to set: give memory, vcpus"),
        ({"memory": None, "boot": {}}, "nothing to set: give memory, vcpus"),
    ],
)
def test_what_would_not_start_is_refused_in_words(
    harness: Harness, maker: Maker, fields: Record, words: str
) -> None:
    vm = maker.vm()
    before = harness.record("VM", vm)

    with pytest.raises(errors.Refused, match=words):
        harness.do(configuration.configure, vm=vm, **{"memory": "2GiB", **fields})

    assert harness.record("VM", vm) == before


@pytest.mark.parametrize("has", ["secure_boot", "vtpm"])
def test_a_vm_does_not_lose_the_firmware_it_needs(harness: Harness, maker: Maker, has: str) -> None:
    """The order in which both are asked for is no matter; secure boot may go along."""
    vm = maker.vm()
    bios = {"vm": vm, "boot": {"firmware": "bios"}}
    harness.do(configuration.configure, vm=vm, boot={"firmware": "uefi"}, **{has: True})

    with pytest.raises(errors.Refused, match="needs uefi"):
        harness.do(configuration.configure, **bios)

    assert harness.record("VM", vm)["HVM_boot_params"]["firmware"] == "uefi"
    if has == "secure_boot":
        harness.do(configuration.configure, **bios, secure_boot=False)
        assert harness.record("VM", vm)["HVM_boot_params"]["firmware"] == "bios"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "nothing to change: give add or remove"),
        ({"add": ["a", "b"], "remove": ["a"]}, "a is in remove too"),
        ({"add": ["  "]}, "a tag of blanks"),
    ],
)
def test_tags_that_change_nothing_are_refused(harness: Harness, fields: Record, words: str) -> None:
    for operation, named in ((tags.tag, {"vm": "web02"}), (vdi.tag, {"vdi": "web02 system"})):
        with pytest.raises(errors.Refused, match=words):
            harness.do(operation, **named, **fields)


def test_boot_settings_that_are_not_given_stay(harness: Harness, maker: Maker) -> None:
    """Only what is said is set."""
    vm = maker.vm()
    harness.do(configuration.configure, vm=vm, boot={"order": "cd", "args": "quiet"})

    harness.do(configuration.configure, vm=vm, boot={"firmware": "uefi", "bootloader": "eliloader"})

    record = harness.record("VM", vm)
    assert record["HVM_boot_params"] == {"order": "cd", "firmware": "uefi"}
    assert (record["PV_args"], record["PV_bootloader"]) == ("quiet", "eliloader")


def test_answers_are_gathered_in_their_order(harness: Harness) -> None:
    answers = [{"uuid": "a"}, {"uuid": "b"}]

    reply = harness.do(gather.gather, answers=answers)

    assert reply == {"return_result": "2 steps done", "answers": answers}
    assert harness.client.heard == []
