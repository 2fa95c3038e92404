"""What the toolstack does every half minute."""

from typing import Any


def test_devices_of_a_lost_network_go(xen: Any, served: Any, control: Any, halted: str) -> None:
    (interface, *_) = xen("VM.get_VIFs", halted)
    served.pool.db.destroy("network", xen("VIF.get_network", interface))

    control("sweep")

    assert interface not in xen("VIF.get_all")
    assert interface not in xen("VM.get_VIFs", halted)


def test_a_lost_disk_empties_a_drive_and_takes_other_devices_along(
    xen: Any, served: Any, control: Any, halted: str
) -> None:
    """A CD drive stays, without its medium."""
    db = served.pool.db
    iso, disk = xen.find("VDI", "debian-12.iso"), db.create("VDI", SR=xen("SR.get_all")[0])
    drive = db.create("VBD", VM=halted, VDI=iso, type="CD", userdevice="7")
    device = db.create("VBD", VM=halted, VDI=disk, type="Disk", userdevice="8")
    for lost in (iso, disk):
        db.destroy("VDI", lost)

    control("sweep")

    assert xen("VBD.get_empty", drive) is True
    assert xen("VBD.get_VDI", drive) == "OpaqueRef:NULL"
    assert device not in xen("VBD.get_all")


def test_disks_of_a_lost_repository_go(xen: Any, served: Any, control: Any) -> None:
    """Forgetting storage forgets what is on it."""
    db = served.pool.db
    sr = db.create("SR", name_label="gone")
    disk = db.create("VDI", SR=sr)
    db.destroy("SR", sr)

    control("sweep")

    assert disk not in xen("VDI.get_all")
