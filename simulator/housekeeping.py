"""Housekeeping every 30 seconds: tasks, sessions, dangling records."""

from simulator.pool import Pool
from simulator.tables import Database

PERIOD = 30.0


async def run(pool: Pool) -> None:
    """Sweep periodically."""
    while True:
        await pool.clock.sleep(PERIOD)
        sweep(pool)


def sweep(pool: Pool) -> None:
    """Sweep once (ocaml/xapi/db_gc_util.ml)."""
    pool.tasks.sweep()
    pool.sessions.sweep()
    _destroy_dangling(pool.db, "VBD", "VM", "VM")
    _destroy_dangling(pool.db, "VIF", "VM", "VM")
    _destroy_dangling(pool.db, "VIF", "network", "network")
    _destroy_dangling(pool.db, "VDI", "SR", "SR")
    _detach_lost_disks(pool.db)


def _destroy_dangling(db: Database, cls: str, name: str, far: str) -> None:
    for ref in db.refs(cls):
        if not db.exists(far, db.get(cls, ref)[name]):
            db.destroy(cls, ref)


def _detach_lost_disks(db: Database) -> None:
    """Empty a CD drive whose disk is gone; destroy any other device that lost its disk."""
    for ref in db.refs("VBD"):
        vbd = db.get("VBD", ref)
        if vbd["empty"] or db.exists("VDI", vbd["VDI"]):
            continue
        if vbd["type"] == "CD":
            db.put("VBD", ref, VDI="OpaqueRef:NULL", empty=True)
        else:
            db.destroy("VBD", ref)
