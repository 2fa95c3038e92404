"""Verbs of the pool itself that need no second pool (ocaml/xapi/xapi_pool.ml)."""

from simulator.call import Call
from simulator.verbs import verb


@verb("pool.sync_database")
async def sync_database(call: Call) -> None:
    """Write the database to every host: here there is one."""
    await call.work("pool.sync_database")


@verb("pool.get_license_state")
async def get_license_state(call: Call, pool: str) -> dict[str, str]:
    """Tell the edition that all hosts have, which does not expire."""
    call.db.get("pool", pool)
    return {"edition": "enterprise", "expiry": "never"}


@verb("pool.has_extension")
async def has_extension(call: Call, pool: str, _name: str) -> bool:
    """Say that simulated pools have no extensions."""
    call.db.get("pool", pool)
    return False
