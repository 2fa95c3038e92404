"""What is done to disks and to the repositories that hold them, and what refuses to."""

from collections.abc import Callable
from typing import Any

import pytest

NULL = "OpaqueRef:NULL"
GIB = 1 << 30


@pytest.fixture
def shared(xen: Any) -> str:
    """Return the repository that all hosts see."""
    return str(xen.find("SR", "NFS virtual disk storage"))


@pytest.fixture
def add_disk(xen: Any, disk_record: Any) -> Callable[..., str]:
    """Make disks."""
    return lambda **fields: str(xen("VDI.create", disk_record(**fields)))


@pytest.fixture
def add_storage(xen: Any) -> Callable[..., str]:
    """Make repositories, by type and size."""

    def add(kind: str, size: int = GIB, *, shared: bool = False) -> str:
        host = xen("host.get_all")[0]
        return str(xen("SR.create", host, {}, size, "made", "", kind, "user", shared, {}))

    return add


def disk_of(xen: Any, vm: str) -> str:
    """Return the one disk of a VM."""
    (drive,) = xen("VM.get_VBDs", vm)
    return str(xen("VBD.get_VDI", drive))


def test_a_disk_is_destroyed_with_its_drives_unless_attached(
    xen: Any, running: str, halted: str
) -> None:
    """F117: A detached one takes its drives with it."""
    held, free = disk_of(xen, running), disk_of(xen, halted)
    assert xen.refusal("VDI.destroy", held) == ["VDI_IN_USE", held, "destroy"]

    xen("VDI.destroy", free)

    assert xen.refusal("VDI.get_uuid", free)[0] == "HANDLE_INVALID"
    assert xen("VM.get_VBDs", halted) == []


def test_what_an_attached_disk_admits(xen: Any, running: str) -> None:
    """F118: It is neither resized nor copied, but cloned and kept."""
    disk = disk_of(xen, running)

    assert xen.refusal("VDI.resize", disk, str(16 * GIB)) == ["VDI_IN_USE", disk, "resize"]
    assert xen.refusal("VDI.copy", disk, NULL)[0] == "HANDLE_INVALID"
    sr = xen("VDI.get_SR", disk)
    assert xen.refusal("VDI.copy", disk, sr) == ["VDI_IN_USE", disk, "copy"]
    clone, snapshot = xen("VDI.clone", disk), xen("VDI.snapshot", disk)
    assert xen("VDI.get_is_a_snapshot", clone) is False
    assert xen("VDI.get_snapshot_of", snapshot) == disk
    assert xen("VDI.get_snapshots", disk) == [snapshot]


def test_a_disk_of_the_wished_size_is_made(xen: Any, shared: str, add_disk: Any) -> None:
    """F119: Rounded up to what the back end can do, managed, and counted."""
    before = int(xen("SR.get_virtual_allocation", shared))

    disk = add_disk(virtual_size=1)

    record = xen("VDI.get_record", disk)
    assert (int(record["virtual_size"]), record["managed"]) == (2 << 20, True)
    assert record["location"]
    assert int(xen("SR.get_virtual_allocation", shared)) == before + (2 << 20)


def test_not_every_repository_takes_disks(xen: Any, disk_record: Any, add_storage: Any) -> None:
    """F119: No ability, no plug, no room."""
    library = xen.find("SR", "ISO library")
    small = add_storage("lvm")
    unplugged = add_storage("lvm")
    xen("PBD.unplug", xen("SR.get_PBDs", unplugged)[0])

    def refused(sr: str, size: int = 1) -> list[str]:
        return list(xen.refusal("VDI.create", disk_record(SR=sr, virtual_size=size)))

    assert refused(library) == ["SR_OPERATION_NOT_SUPPORTED", library]
    assert refused(unplugged) == ["SR_HAS_NO_PBDS", unplugged]
    code, *params = refused(small, GIB + 1)
    assert (code, len(params)) == ("SR_BACKEND_FAILURE_44", 3)


@pytest.mark.parametrize("kind", ["lvm", "ext"])
def test_space_runs_out_and_comes_back(
    xen: Any, add_storage: Any, add_disk: Any, disk_record: Any, kind: str
) -> None:
    """F119: Thick disks take their whole size at once, thin ones only what is written."""
    sr = add_storage(kind)
    disk = add_disk(SR=sr, virtual_size=GIB // 2 + 1)
    used = int(xen("SR.get_physical_utilisation", sr))
    assert (used > GIB // 2) == (kind == "lvm")

    if kind == "lvm":
        record = disk_record(SR=sr, virtual_size=GIB // 2)
        assert xen.refusal("VDI.create", record)[0] == "SR_BACKEND_FAILURE_44"
        assert xen.refusal("VDI.clone", disk)[0] == "SR_BACKEND_FAILURE_44"
    else:
        xen("VDI.destroy", xen("VDI.clone", disk))

    xen("VDI.destroy", disk)
    assert int(xen("SR.get_physical_utilisation", sr)) == 0


def test_a_repository_that_cannot_keep_disks_says_so(
    xen: Any, halted: str, add_storage: Any, add_disk: Any, drive_record: Any
) -> None:
    """F119: Its own snapshot is refused, and that of a VM on it, which leaves nothing."""
    sr = add_storage("iscsi", 1 << 30)
    disk = add_disk(SR=sr, virtual_size=1)
    xen("VBD.create", drive_record(halted, VDI=disk))
    before = len(xen("VDI.get_all")), len(xen("VM.get_all"))

    assert xen.refusal("VDI.snapshot", disk) == ["SR_OPERATION_NOT_SUPPORTED", sr]
    assert xen.refusal("VM.snapshot", halted, "kept") == ["SR_OPERATION_NOT_SUPPORTED", sr]
    assert (len(xen("VDI.get_all")), len(xen("VM.get_all"))) == before
    xen("VM.start", halted, False, False)
    refusal = xen.refusal("VM.checkpoint", halted, "kept")
    assert refusal == ["SR_OPERATION_NOT_SUPPORTED", halted]


def test_a_disk_grows_but_does_not_shrink(xen: Any, add_disk: Any) -> None:
    """F118: A disk is resized while no VM holds it."""
    disk = add_disk(virtual_size=4 << 20)

    xen("VDI.resize", disk, str(8 << 20))

    assert int(xen("VDI.get_virtual_size", disk)) == 8 << 20
    assert xen.refusal("VDI.resize", disk, 4 << 20)[0].startswith("SR_BACKEND_FAILURE")


def test_a_copy_into_a_disk_that_is_there_fits_or_is_refused(xen: Any, add_disk: Any) -> None:
    """F118: A disk that is too small and one that is read-only have failures of their own."""
    origin = add_disk(virtual_size=4 << 20)
    small, fixed, fitting = (
        add_disk(virtual_size=2 << 20),
        add_disk(virtual_size=4 << 20, read_only=True),
        add_disk(virtual_size=4 << 20),
    )

    assert xen.refusal("VDI.copy", origin, NULL, NULL, small) == [
        "VDI_TOO_SMALL",
        small,
        str(4 << 20),
    ]
    assert xen.refusal("VDI.copy", origin, NULL, NULL, fixed) == ["VDI_READONLY", fixed]
    assert xen("VDI.copy", origin, NULL, NULL, fitting) == fitting


def test_a_sharable_disk_is_not_kept(xen: Any, add_disk: Any) -> None:
    """F118: Only a back end decides what is sharable."""
    disk = add_disk(sharable=True)

    assert xen.refusal("VDI.snapshot", disk) == ["VDI_IS_SHARABLE", disk]
    assert xen.refusal("VDI.set_sharable", disk, False) == ["PERMISSION_DENIED", ""]


def test_a_repository_does_one_thing_at_a_time(xen: Any, held: Any) -> None:
    """Clones of different disks wait for each other; their tasks are pending meanwhile."""
    sr = xen.find("SR", "NFS virtual disk storage")
    disks = [d for d in xen("SR.get_VDIs", sr) if xen("VDI.get_type", d) != "suspend"][:2]
    tasks = [xen("Async.VDI.clone", disk) for disk in disks]
    assert list(xen("SR.get_current_operations", sr).values()) == ["vdi_clone"]
    assert xen("VDI.get_current_operations", disks[1]) == {}

    held(0.6)
    assert [xen("task.get_status", task) for task in tasks] == ["success", "pending"]
    held(0.6)

    assert xen("task.get_status", tasks[1]) == "success"


def test_a_repository_is_destroyed_when_it_is_detached_and_empty(
    xen: Any, add_storage: Any, add_disk: Any
) -> None:
    """F120: Plug, content and protection stand in the way, in that order."""
    sr = add_storage("ext")
    (pbd,) = xen("SR.get_PBDs", sr)
    disk = add_disk(SR=sr, virtual_size=1)
    assert xen.refusal("SR.destroy", sr) == ["SR_HAS_PBD", sr]
    assert xen.refusal("SR.forget", sr) == ["SR_HAS_PBD", sr]
    xen("PBD.unplug", pbd)
    assert xen.refusal("SR.destroy", sr) == ["SR_NOT_EMPTY"]
    xen("PBD.plug", pbd)
    xen("VDI.destroy", disk)
    xen("PBD.unplug", pbd)

    xen("SR.destroy", sr)

    assert xen.refusal("SR.get_uuid", sr) == ["HANDLE_INVALID", "SR", sr]
    assert xen.refusal("PBD.get_uuid", pbd)[0] == "HANDLE_INVALID"


def test_a_repository_without_any_plug_is_only_forgotten(xen: Any, add_storage: Any) -> None:
    """F120: Destroying needs a host that reaches it."""
    sr = add_storage("ext")
    (pbd,) = xen("SR.get_PBDs", sr)
    xen("PBD.unplug", pbd)
    xen("PBD.destroy", pbd)

    assert xen.refusal("SR.destroy", sr) == ["SR_HAS_NO_PBDS", sr]
    xen("SR.forget", sr)


def test_a_known_repository_is_introduced_once(xen: Any) -> None:
    """F120: Its size is unknown until it is attached."""
    uuid = "0a0a0a0a-0000-4000-8000-000000000001"
    introduced = [uuid, "known", "", "NFS", "user", True, {}]

    sr = xen("SR.introduce", *introduced)

    assert (xen("SR.get_type", sr), int(xen("SR.get_physical_size", sr))) == ("nfs", -1)
    assert xen.refusal("SR.introduce", *introduced) == ["SR_UUID_EXISTS", uuid]
    host = xen("host.get_all")[0]
    pbd = xen("PBD.create", {"host": host, "SR": sr, "device_config": {}})
    assert xen.refusal("PBD.create", {"host": host, "SR": sr, "device_config": {}}) == [
        "PBD_EXISTS",
        sr,
        host,
        pbd,
    ]
    xen("PBD.plug", pbd)
    assert int(xen("SR.get_physical_size", sr)) > 0


def test_a_plug_that_a_vm_needs_stays(xen: Any, running: str) -> None:
    """F120: The refusal names the disks in use."""
    host, disk = xen("VM.get_resident_on", running), disk_of(xen, running)
    (pbd,) = (
        p for p in xen("SR.get_PBDs", xen("VDI.get_SR", disk)) if xen("PBD.get_host", p) == host
    )

    assert xen.refusal("PBD.unplug", pbd) == ["VDI_IN_USE", disk]
    assert xen.refusal("PBD.destroy", pbd) == [
        "OPERATION_NOT_ALLOWED",
        "PBD is currently attached",
    ]


def test_repositories_of_unknown_types_are_refused(xen: Any) -> None:
    """F120: The supported ones are listed."""
    host = xen("host.get_all")[0]

    refusal = xen.refusal("SR.create", host, {}, 0, "x", "", "tape", "user", False, {})

    assert refusal == ["SR_UNKNOWN_DRIVER", "tape"]
    assert {"nfs", "lvm", "iso"} <= set(xen("SR.get_supported_types"))


def test_disks_are_renamed_where_their_repository_is_plugged(
    xen: Any, add_storage: Any, add_disk: Any
) -> None:
    """F119: The name goes to the back end."""
    sr = add_storage("ext")
    disk = add_disk(SR=sr, virtual_size=1)

    xen("VDI.set_name_label", disk, "renamed")

    assert xen("VDI.get_name_label", disk) == "renamed"
    xen("PBD.unplug", xen("SR.get_PBDs", sr)[0])
    assert xen.refusal("VDI.set_name_label", disk, "x") == ["SR_HAS_NO_PBDS", sr]
