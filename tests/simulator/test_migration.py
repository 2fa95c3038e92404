"""Migration with storage, inside the pool."""

from typing import Any

import pytest

NULL = "OpaqueRef:NULL"


@pytest.fixture
def dest(xen: Any) -> dict[str, str]:
    """Return where the second host takes VMs."""
    host = xen.find("host", "xs2")
    (network,) = [
        ref
        for ref, record in xen("network.get_all_records").items()
        if record["bridge"] == "xenbr0"
    ]
    return dict(xen("host.migrate_receive", host, network, {}))


@pytest.fixture
def other_storage(xen: Any, dest: dict[str, str]) -> str:
    """Return a repository that both hosts see, beside the default one."""
    fields: tuple[Any, ...] = ("second", "", "nfs", "user", True, {})
    return str(xen("SR.create", dest["host"], {}, str(1 << 40), *fields))


def test_a_running_vm_moves_with_its_disks(
    xen: Any, running: str, dest: dict[str, str], other_storage: str
) -> None:
    """The VM stays the same; its disk is another one, in the other repository."""
    (drive,) = [vbd for vbd in xen("VM.get_VBDs", running) if xen("VBD.get_type", vbd) == "Disk"]
    disk = xen("VBD.get_VDI", drive)

    moved = xen("VM.migrate_send", running, dest, True, {disk: other_storage}, {}, {})

    assert moved == running
    assert xen("VM.get_resident_on", running) == dest["host"]
    assert xen("VDI.get_SR", xen("VBD.get_VDI", drive)) == other_storage
    assert xen.refusal("VDI.get_record", disk) == ["HANDLE_INVALID", "VDI", disk]


def test_a_disk_moves_under_its_running_vm(
    xen: Any, running: str, dest: dict[str, str], other_storage: str
) -> None:
    """VDI.pool_migrate returns the new disk; without a running VM it is refused."""
    disks = [xen("VBD.get_VDI", vbd) for vbd in xen("VM.get_VBDs", running)]
    moved = xen("VDI.pool_migrate", disks[0], other_storage, {})
    assert xen("VDI.get_SR", moved) == other_storage

    xen("VM.hard_shutdown", running)
    refusal = xen.refusal("VDI.pool_migrate", moved, other_storage, {})
    assert refusal == ["VDI_NEEDS_VM_FOR_MIGRATE", moved]


def test_snapshots_of_a_vm_move_along_with_its_disk(
    xen: Any, running: str, other_storage: str
) -> None:
    """They are snapshots of the disk that is there then."""
    [disk] = [xen("VBD.get_VDI", vbd) for vbd in xen("VM.get_VBDs", running)]
    snapshot = xen("VM.snapshot", running, "before")

    moved = xen("VDI.pool_migrate", disk, other_storage, {})

    [drive] = xen("VM.get_VBDs", snapshot)
    kept = xen("VDI.get_record", xen("VBD.get_VDI", drive))
    assert (kept["SR"], kept["snapshot_of"]) == (other_storage, moved)
    assert xen("VDI.get_snapshots", moved) == [xen("VBD.get_VDI", drive)]


def test_what_cannot_migrate_is_refused(xen: Any, running: str, dest: dict[str, str]) -> None:
    """An incomplete destination, a copy inside the pool, a host that is not of the pool."""

    def refusal(where: dict[str, str], options: dict[str, str]) -> list[str]:
        return list(xen.refusal("VM.assert_can_migrate", running, where, True, {}, {}, options))

    assert refusal({"host": dest["host"]}, {}) == ["INTERNAL_ERROR", "Not_found"]
    assert refusal(dest, {"copy": "true"})[0] == "OPERATION_NOT_ALLOWED"
    assert refusal({**dest, "host": NULL}, {}) == ["CANNOT_CONTACT_HOST", NULL]
    assert xen("VM.assert_can_migrate", running, dest, True, {}, {}, {}) == ""


def test_a_vlan_of_a_device_is_made_and_deleted(xen: Any) -> None:
    """PIF.create_VLAN returns the interface; PIF.destroy deletes VLANs only."""
    host = xen.find("host", "xs1")
    fields: dict[str, Any] = {
        "name_label": "v7",
        "name_description": "",
        "other_config": {},
        "tags": [],
    }
    fields = {**fields, "MTU": "1500", "bridge": "", "managed": True}
    network = xen("network.create", fields)

    tagged = xen("PIF.create_VLAN", "eth0", network, host, "7")

    assert int(xen("PIF.get_VLAN", tagged)) == 7
    xen("PIF.destroy", tagged)
    pifs = xen("PIF.get_all_records").items()
    (card,) = [ref for ref, pif in pifs if pif["host"] == host and pif["physical"]]
    assert xen.refusal("PIF.destroy", card) == ["PIF_IS_PHYSICAL"]
    (other,) = [ref for ref, pif in pifs if pif["host"] == xen.find("host", "xs2")]
    assert xen.refusal("PIF.forget", other) == ["PIF_IS_MANAGEMENT_INTERFACE", other]
    assert xen.refusal("PIF.set_property", card, "gro", "x")[:2] == ["INVALID_VALUE", "properties"]
