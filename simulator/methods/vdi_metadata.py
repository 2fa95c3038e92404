"""Methods of VDIs that hold the database of a pool (ocaml/xapi/xapi_vdi.ml)."""

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.vdi import incompatible

_METADATA = "metadata"


@method("VDI.open_database")
async def open_database(call: Call, vdi: str) -> str:
    """Refuse a disk without a database; no other can be opened here."""
    kind = call.db.get("VDI", vdi)["type"]
    if kind != _METADATA:
        raise incompatible(vdi, kind)
    raise Failure("NOT_IMPLEMENTED", "VDI.open_database")


@method("VDI.read_database_pool_uuid")
async def read_database_pool_uuid(call: Call, vdi: str) -> str:
    """Return the UUID of the pool whose database a disk holds: of none."""
    call.db.get("VDI", vdi)
    return ""
