"""What is refused of disks, in the order, and with the parameters, of the toolstack's source."""

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("wire", ["json"], indirect=True)
"""One dialect: others test that both say the same."""

GIB = 1 << 30
COPY = (
    "VDI containing HA statefile or redo log cannot be copied (check the VDI's allowed operations)."
)


@pytest.fixture
def sr(xen: Any) -> str:
    """Find the shared storage repository."""
    return str(xen.find("SR", "NFS virtual disk storage"))


@pytest.fixture
def make_disk(xen: Any, sr: str) -> Any:
    """Return a function that makes a free disk."""

    def make(kind: str = "user", size: int = GIB, **fields: Any) -> str:
        record = {
            "name_label": "free", "name_description": "", "SR": sr, "virtual_size": str(size),
            "type": kind, "sharable": False, "read_only": False, "other_config": {},
        }  # fmt: skip  # a table, read by its columns
        return str(xen("VDI.create", record | fields))

    return make


def _allowed(xen: Any, disk: str) -> set[str]:
    return set(xen("VDI.get_allowed_operations", disk))


def test_a_free_disk_allows_what_old_releases_know_too(xen: Any, make_disk: Any) -> None:
    """Newer operations are possible, and not named."""
    assert _allowed(xen, make_disk()) == {
        *("clone", "copy", "destroy", "force_unlock", "forget", "generate_config", "resize"),
        *("snapshot", "update"),
    }


def test_a_copy_lets_clones_pass_and_holds_the_disk(xen: Any, make_disk: Any, control: Any) -> None:
    """A copied disk is attached to read: it cannot be deleted, resized or frozen meanwhile."""
    disk = make_disk()
    control("hold")
    task = xen("Async.VDI.copy", disk, xen("VDI.get_SR", disk))

    assert _allowed(xen, disk) == {"clone", "copy"}
    for method, *more in (("destroy",), ("resize", str(2 * GIB)), ("forget",)):
        assert xen.refusal(f"VDI.{method}", disk, *more) == ["VDI_IN_USE", disk, method]
    assert xen.refusal("VDI.snapshot", disk) == [
        "OPERATION_NOT_ALLOWED", "Snapshot operation not allowed during copy."
    ]  # fmt: skip  # a table, read by its columns

    control("release")
    xen.ended(task)
    assert "destroy" in _allowed(xen, disk)


def test_a_disk_whose_data_are_destroyed_is_no_disk(xen: Any, make_disk: Any) -> None:
    """First its blocks must be tracked, and no drive may have it."""
    disk = make_disk()
    plain = xen("VDI.snapshot", disk)
    assert xen.refusal("VDI.data_destroy", disk) == [
        "OPERATION_NOT_ALLOWED", f"VDI is not a snapshot: {disk}"
    ]  # fmt: skip  # a table, read by its columns
    assert xen.refusal("VDI.data_destroy", plain) == ["VDI_NO_CBT_METADATA", plain]
    assert xen.refusal("VDI.enable_cbt", plain) == [
        "OPERATION_NOT_ALLOWED", f"VDI is a snapshot: {plain}"
    ]  # fmt: skip  # a table, read by its columns

    xen("VDI.enable_cbt", disk)
    tracked = xen("VDI.snapshot", disk)
    xen("VDI.data_destroy", tracked)

    assert xen.refusal("VDI.set_on_boot", disk, "reset") == ["VDI_CBT_ENABLED", disk]
    assert xen("VDI.get_type", tracked) == "cbt_metadata"
    assert _allowed(xen, tracked) == {
        "destroy", "force_unlock", "forget", "generate_config", "update"
    }  # fmt: skip  # a table, read by its columns
    assert xen.refusal("VDI.clone", tracked) == ["VDI_INCOMPATIBLE_TYPE", tracked, "CBT metadata"]


def test_the_data_of_a_vms_snapshot_stay(xen: Any, halted: str) -> None:
    """Its drive does not vanish in the four seconds that are waited."""
    drives = xen("VM.get_VBDs", halted)
    disk = next(found for vbd in drives if (found := xen("VBD.get_VDI", vbd)) != "OpaqueRef:NULL")
    xen("VDI.enable_cbt", disk)
    snapshot = xen("VM.snapshot", halted, "frozen")
    (frozen,) = xen("VDI.get_snapshots", disk)

    assert snapshot in {xen("VBD.get_VM", vbd) for vbd in xen("VDI.get_VBDs", frozen)}
    assert xen.refusal("VDI.data_destroy", frozen) == ["VDI_IN_USE", frozen, "data_destroy"]
    assert xen("VDI.get_type", frozen) != "cbt_metadata"


def test_disks_of_high_availability_are_kept_while_it_is_on(xen: Any, make_disk: Any) -> None:
    """They are never copied; they go once it is off."""
    state, log = make_disk("ha_statefile"), make_disk("redo_log")
    assert xen.refusal("VDI.copy", log, xen("VDI.get_SR", log)) == ["OPERATION_NOT_ALLOWED", COPY]

    xen("pool.enable_ha", [], {})
    for method, *more in (("destroy",), ("forget",), ("resize", str(2 * GIB))):
        assert xen.refusal(f"VDI.{method}", state, *more) == ["HA_IS_ENABLED"]
    xen("pool.disable_ha")

    xen("VDI.destroy", state)


@pytest.mark.parametrize(
    ("kind", "word"),
    [("ha_statefile", "HA statefile"), ("redo_log", "Redo log"), ("metadata", None), ("rrd", None)],
)
def test_some_types_of_disks_are_for_no_drive(
    xen: Any, make_disk: Any, halted: str, kind: str, word: str | None
) -> None:
    disk = make_disk(kind)
    drive = {
        "VM": halted, "VDI": disk, "userdevice": "autodetect", "bootable": False, "mode": "RW",
        "type": "Disk", "empty": False, "other_config": {}, "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    }  # fmt: skip  # a table, read by its columns

    if word:
        assert xen.refusal("VBD.create", drive) == ["VDI_INCOMPATIBLE_TYPE", disk, word]
    else:
        assert xen("VBD.get_VDI", xen("VBD.create", drive)) == disk


def test_statistics_are_neither_deleted_nor_forgotten(xen: Any, make_disk: Any) -> None:
    disk = make_disk("rrd")

    for method in ("destroy", "forget"):
        assert xen.refusal(f"VDI.{method}", disk) == ["VDI_HAS_RRDS", disk]


def test_a_copy_goes_over_a_disk_that_can_be_written_and_is_large_enough(
    xen: Any, make_disk: Any, sr: str
) -> None:
    """That it is read-only is said first."""
    origin, small = make_disk(size=2 * GIB), make_disk()
    null = "OpaqueRef:NULL"

    def refusal() -> list[str]:
        return list(xen.refusal("VDI.copy", origin, sr, null, small))

    assert refusal() == ["VDI_TOO_SMALL", small, str(2 * GIB)]
    xen("VDI.set_read_only", small, True)
    assert refusal() == ["VDI_READONLY", small]


def test_what_the_driver_cannot_do_is_refused(xen: Any) -> None:
    repositories = xen("SR.get_all_records").items()
    images = next(ref for ref, record in repositories if record["type"] == "iso")
    image = xen("SR.get_VDIs", images)[0]

    for operation in ("destroy", "snapshot", "clone", "enable_cbt"):
        assert xen.refusal(f"VDI.{operation}", image) == ["SR_OPERATION_NOT_SUPPORTED", images]


def test_a_power_state_is_reset_only_of_a_vm_without_host(xen: Any, running: str) -> None:
    """Control domains never; a host that lives knows better."""
    dom0 = xen("host.get_control_domain", xen.find("host", "xs1"))
    host = xen("VM.get_resident_on", running)
    expected = ["DOMAIN_EXISTS", running] if host == xen.find("host", "xs1") else None

    assert xen.refusal("VM.power_state_reset", dom0) == ["CANNOT_RESET_CONTROL_DOMAIN", dom0]
    refusal = xen.refusal("VM.power_state_reset", running)
    assert refusal == (expected or ["HOST_IS_LIVE", host])
