"""Methods of the pool itself that need no second pool (ocaml/xapi/xapi_pool.ml)."""

from simulator.call import Call
from simulator.methods import method


@method("pool.sync_database")
async def sync_database(call: Call) -> None:
    """Write the database to every host: no effect here."""
    await call.work("pool.sync_database")


@method("pool.get_license_state")
async def get_license_state(call: Call, pool: str) -> dict[str, str]:
    """Return the edition of all hosts, which does not expire."""
    call.db.get("pool", pool)
    return {"edition": "enterprise", "expiry": "never"}


@method("pool.has_extension")
async def has_extension(call: Call, pool: str, _name: str) -> bool:
    """Return false: simulated pools have no extensions."""
    call.db.get("pool", pool)
    return False
