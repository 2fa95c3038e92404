"""Housekeeping every 30 seconds: tasks, sessions, dangling records."""

from simulator.pool import Pool
from simulator.tables import NULL, Database

PERIOD = 30.0
_OWNERS = {"VBD": ("VM",), "VIF": ("VM", "network"), "VDI": ("SR",)}
"""Class to the fields whose object a record cannot be without; each is named after its class."""


async def run(pool: Pool) -> None:
    """Sweep periodically."""
    while True:
        await pool.clock.sleep(PERIOD)
        sweep(pool)


def sweep(pool: Pool) -> None:
    """Sweep once (ocaml/xapi/db_gc_util.ml)."""
    pool.tasks.sweep()
    pool.sessions.sweep()
    pool.events.heartbeat()
    for cls, ref in pool.db.take_dangling():
        if cls in _OWNERS and pool.db.exists(cls, ref):
            _collect(pool.db, cls, ref)


def _collect(db: Database, cls: str, ref: str) -> None:
    """Destroy a record that has lost its owner, or a device that has lost its disk."""
    record = db.get(cls, ref)
    if not all(db.exists(owner, record[owner]) for owner in _OWNERS[cls]):
        db.destroy(cls, ref)
    elif cls == "VBD" and not record["empty"] and not db.exists("VDI", record["VDI"]):
        _detach_lost_disk(db, ref)


def _detach_lost_disk(db: Database, vbd: str) -> None:
    """Empty a CD drive; destroy any other device."""
    if db.get("VBD", vbd)["type"] == "CD":
        db.put("VBD", vbd, VDI=NULL, empty=True)
    else:
        db.destroy("VBD", vbd)
