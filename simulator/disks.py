"""Disks: creation, sharing, deletion and space, as the storage back ends do it."""

from collections.abc import Mapping
from typing import Any

from simulator import machines, preconditions
from simulator.errors import Failure
from simulator.memory import MIB
from simulator.pool import Pool
from simulator.rules import storage
from simulator.tables import NULL, Database, Record

_STEP = 2 * MIB
_HEADER = 2 * MIB
_LONGEST_VHD = 2040 << 30
KEPT_BY_COPIES = (
    *("name_label", "name_description", "virtual_size", "type", "sharable", "other_config"),
    *("tags", "xenstore_data", "on_boot", "allow_caching"),
)


def create(pool: Pool, sr: str, fields: Mapping[str, Any]) -> str:
    """Create an empty disk; the back end rounds its size."""
    repository = pool.db.get("SR", sr)
    size = _rounded(repository["type"], fields["virtual_size"])
    taken = size if repository["type"] in storage.THICK else _HEADER
    _assert_room(repository, max(taken, size))
    return _insert(pool, sr, {**fields, "virtual_size": size}, taken)


def clone(pool: Pool, vdi: str) -> str:
    """Create a writable clone that shares blocks with its origin."""
    return _share(pool, vdi, read_only=False)


def snapshot(pool: Pool, vdi: str) -> str:
    """Take a snapshot of a disk."""
    return _share(
        pool,
        vdi,
        read_only=False,
        is_a_snapshot=True,
        snapshot_of=vdi,
        snapshot_time=pool.clock.iso(),
        cbt_enabled=pool.db.get("VDI", vdi)["cbt_enabled"],
    )


def copy(pool: Pool, vdi: str, sr: str) -> str:
    """Make a full copy in a storage repository."""
    origin, repository = pool.db.get("VDI", vdi), pool.db.get("SR", sr)
    thick = repository["type"] in storage.THICK
    taken = origin["virtual_size"] if thick else max(origin["physical_utilisation"], _HEADER)
    _assert_room(repository, taken)
    kept = {name: origin[name] for name in KEPT_BY_COPIES}
    return _insert(pool, sr, {**kept, "read_only": False}, taken)


def resize(pool: Pool, vdi: str, size: int) -> None:
    """Grow a disk; no back end shrinks one."""
    record = pool.db.get("VDI", vdi)
    sr = record["SR"]
    repository = pool.db.get("SR", sr)
    grown = _rounded(repository["type"], size)
    more = grown - record["virtual_size"]
    if more < 0:
        raise _invalid_size("shrinking not allowed")
    taken = more if repository["type"] in storage.THICK else 0
    _assert_room(repository, more)
    whole = record["physical_utilisation"] + taken
    pool.db.put("VDI", vdi, virtual_size=grown, physical_utilisation=whole)
    _account(pool.db, sr, taken=taken, promised=more)


def drop(db: Database, vdi: str) -> None:
    """Delete a disk and its drives, and clear the `suspend_VDI` of VMs."""
    record = db.get("VDI", vdi)
    for vbd in list(record["VBDs"]):
        machines.drop_device(db, "VBD", vbd)
    for vm in db.where("VM", suspend_VDI=vdi):
        db.put("VM", vm, suspend_VDI=NULL)
    db.destroy("VDI", vdi)
    if db.exists("SR", record["SR"]):
        gone = {"taken": record["physical_utilisation"], "promised": record["virtual_size"]}
        _account(db, record["SR"], **{name: -value for name, value in gone.items()})


def _share(pool: Pool, vdi: str, **fields: object) -> str:
    origin = pool.db.get("VDI", vdi)
    repository = pool.db.get("SR", origin["SR"])
    taken = origin["virtual_size"] if repository["type"] in storage.THICK else _HEADER
    _assert_room(repository, taken)
    kept = {name: origin[name] for name in (*KEPT_BY_COPIES, "sm_config")}
    return _insert(pool, origin["SR"], {**kept, **fields}, taken)


def _insert(pool: Pool, sr: str, fields: Mapping[str, Any], taken: int) -> str:
    uuid = pool.db.new_uuid("VDI")
    vdi = pool.db.create(
        "VDI",
        {**fields, "SR": sr, "uuid": uuid, "location": uuid, "managed": True},
        physical_utilisation=taken,
    )
    _account(pool.db, sr, taken=taken, promised=fields["virtual_size"])
    preconditions.refresh(pool.db, "VDI", vdi)
    return vdi


def _assert_room(sr: Record, size: int) -> None:
    if size > sr["physical_size"] - sr["physical_utilisation"]:
        raise Failure("SR_BACKEND_FAILURE_44", "", "There is insufficient space", "")


def _account(db: Database, sr: str, *, taken: int, promised: int) -> None:
    repository = db.get("SR", sr)
    db.put(
        "SR",
        sr,
        physical_utilisation=repository["physical_utilisation"] + taken,
        virtual_allocation=repository["virtual_allocation"] + promised,
    )


def _rounded(kind: str, size: int) -> int:
    """Return the size that a back end makes of the one asked for: whole blocks, one at least.

    VHD files and volumes have a largest size (vhdutil.py); a LUN may have any.
    """
    longest = _LONGEST_VHD if "vdi_clone" in storage.ABILITIES[kind] else size
    if not 0 <= size <= longest:
        raise _invalid_size(f"VDI size must be between 1 MB and {_LONGEST_VHD // MIB} MB")
    return max(_STEP, -(-size // _STEP) * _STEP)


def _invalid_size(reason: str) -> Failure:
    return Failure("SR_BACKEND_FAILURE_79", "", f"VDI Invalid size [opterr={reason}]", "")
