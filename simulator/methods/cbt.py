"""Changed block tracking of disks (ocaml/xapi/xapi_vdi.ml)."""

import base64

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules import vdi as vdi_rules
from simulator.rules.view import peek, records
from simulator.tables import Record

_BLOCK = 64 << 10
_WAIT = 0.5
_WAITS = 8
"""Four seconds in all."""


@method("VDI.enable_cbt")
async def enable_cbt(call: Call, vdi: str) -> None:
    """Track the changed blocks of a disk."""
    await _set(call, vdi, "enable_cbt", enabled=True)


@method("VDI.disable_cbt")
async def disable_cbt(call: Call, vdi: str) -> None:
    """Track the changed blocks of a disk no longer."""
    await _set(call, vdi, "disable_cbt", enabled=False)


@method("VDI.data_destroy")
async def data_destroy(call: Call, vdi: str) -> None:
    """Delete the data of a snapshot, but not the record of its changed blocks."""
    kind = call.db.get("VDI", vdi)["type"]
    if kind == "cbt_metadata":
        return
    async with call.current_operation("VDI", vdi, "data_destroy"):
        call.db.put("VDI", vdi, type="cbt_metadata")
        if await _has_drives(call, vdi):
            call.db.put("VDI", vdi, type=kind)
            raise Failure("VDI_IN_USE", vdi, "data_destroy")
        call.db.put("VDI", vdi, physical_utilisation=0)


async def _has_drives(call: Call, vdi: str) -> bool:
    """Return whether a disk is still the disk of a drive after a time for drives to vanish."""
    for _ in range(_WAITS):
        if not call.db.get("VDI", vdi)["VBDs"]:
            return False
        await call.running.sleep(_WAIT, cancellable=False)
    return bool(call.db.get("VDI", vdi)["VBDs"])


@method("VDI.list_changed_blocks")
async def list_changed_blocks(call: Call, vdi_from: str, vdi_to: str) -> str:
    """Return the bitmap of changed blocks: simulated guests change none."""
    origin = call.db.get("VDI", vdi_from)
    async with call.current_operation("VDI", vdi_to, "list_changed_blocks"):
        if origin["SR"] != call.db.get("VDI", vdi_to)["SR"]:
            raise Failure("INTERNAL_ERROR", f"Vdis_on_different_srs({vdi_from}; {vdi_to})")
        blocks = -(-call.db.get("VDI", vdi_to)["virtual_size"] // _BLOCK)
        return base64.b64encode(bytes(min(-(-blocks // 8), 1 << 16))).decode()


@method("VDI.get_nbd_info")
async def get_nbd_info(call: Call, vdi: str) -> list[Record]:
    """Return where a disk can be read over NBD: on the hosts' networks with that purpose."""
    record = call.db.get("VDI", vdi)
    if record["type"] == "cbt_metadata":
        raise vdi_rules.incompatible(vdi, "cbt_metadata")
    name = f"/{record['uuid']}?session_id={call.session}"
    purposes = {"nbd", "insecure_nbd"}
    return [
        {"exportname": name, "address": pif["IP"], "port": 10809, "cert": "", "subject": ""}
        for _, pif in records(call.db, "PIF", call.db.refs("PIF"))
        if pif["IP"] and purposes & set(_purposes(call, pif["network"]))
    ]


async def _set(call: Call, vdi: str, op: str, *, enabled: bool) -> None:
    async with call.current_operation("VDI", vdi, op):
        call.db.put("VDI", vdi, cbt_enabled=enabled)


def _purposes(call: Call, network: str) -> list[str]:
    record = peek(call.db, "network", network)
    return record["purpose"] if record else []
