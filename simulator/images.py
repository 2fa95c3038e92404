"""The images that keep the memory of suspended VMs."""

from simulator import disks
from simulator.errors import Failure
from simulator.memory import MIB
from simulator.pool import Pool
from simulator.rules import storage
from simulator.tables import NULL, Database

_FULL = "SR_BACKEND_FAILURE_44"


def create(pool: Pool, vm: str) -> str:
    """Create the disk that a VM is suspended to."""
    size = int(pool.db.get("VM", vm)["memory_static_max"] * 1.26) + 100 * MIB
    sr = _repository(pool, vm)
    if not storage.is_plugged(pool.db, pool.db.get("SR", sr)):
        raise Failure("SR_HAS_NO_PBDS", sr)
    fields = {"name_label": "Suspend image", "virtual_size": size, "type": "suspend"}
    try:
        return disks.create(pool, sr, fields)
    except Failure as failure:
        if failure.code == _FULL:
            raise Failure("SR_SUSPEND_SPACE_INSUFFICIENT", sr) from failure
        raise


def drop(db: Database, vm: str) -> None:
    """Delete the image of a VM that needs it no longer, if it has one."""
    image = db.get("VM", vm)["suspend_VDI"]
    forget(db, vm)
    if db.exists("VDI", image):
        disks.drop(db, image)


def forget(db: Database, vm: str) -> None:
    """Leave a VM without an image; the disk stays."""
    db.put("VM", vm, suspend_VDI=NULL)


def _repository(pool: Pool, vm: str) -> str:
    """Return the first suspend repository, of VM, pool or host, that the VM's host has a PBD for.

    A VM that arrives suspended has no host yet: every repository will do.
    """
    record = pool.db.get("VM", vm)
    owner = pool.db.get("pool", pool.db.refs("pool")[0])
    candidates = [record["suspend_SR"], owner["suspend_image_SR"]]
    of_host = {}
    if pool.db.exists("host", host := record["resident_on"]):
        candidates.append(pool.db.get("host", host)["suspend_image_sr"])
        of_host = {"host": host}
    for sr in candidates:
        if pool.db.exists("SR", sr) and pool.db.where("PBD", SR=sr, **of_host):
            return str(sr)
    raise Failure("VM_NO_SUSPEND_SR", vm)
