"""Changed block tracking of disks (ocaml/xapi/xapi_vdi.ml)."""

import base64

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules import storage
from simulator.rules.view import peek, records
from simulator.tables import Record

_TRACKABLE = frozenset({"system", "user"})
_BLOCK = 64 << 10


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
    record = call.db.get("VDI", vdi)
    if record["type"] == "cbt_metadata":
        return
    async with call.current_operation("VDI", vdi, "data_destroy"):
        if not record["is_a_snapshot"]:
            raise Failure("OPERATION_NOT_ALLOWED", f"VDI is not a snapshot: {vdi}")
        if not record["cbt_enabled"]:
            raise Failure("VDI_NO_CBT_METADATA", vdi)
        call.db.put("VDI", vdi, type="cbt_metadata", physical_utilisation=0)


@method("VDI.list_changed_blocks")
async def list_changed_blocks(call: Call, vdi_from: str, vdi_to: str) -> str:
    """Return the bitmap of changed blocks: simulated guests change none."""
    call.db.get("VDI", vdi_from)
    async with call.current_operation("VDI", vdi_to, "list_changed_blocks"):
        _assert_supported(call, call.db.get("VDI", vdi_to))
        blocks = -(-call.db.get("VDI", vdi_to)["virtual_size"] // _BLOCK)
        return base64.b64encode(bytes(min(-(-blocks // 8), 1 << 16))).decode()


@method("VDI.get_nbd_info")
async def get_nbd_info(call: Call, vdi: str) -> list[Record]:
    """Return where a disk can be read over NBD: on the hosts' networks with that purpose."""
    record = call.db.get("VDI", vdi)
    if record["type"] == "cbt_metadata":
        raise Failure("VDI_INCOMPATIBLE_TYPE", vdi, "cbt_metadata")
    name = f"/{record['uuid']}?session_id={call.session}"
    purposes = {"nbd", "insecure_nbd"}
    return [
        {"exportname": name, "address": pif["IP"], "port": 10809, "cert": "", "subject": ""}
        for _, pif in records(call.db, "PIF", call.db.refs("PIF"))
        if pif["IP"] and purposes & set(_purposes(call, pif["network"]))
    ]


async def _set(call: Call, vdi: str, op: str, *, enabled: bool) -> None:
    record = call.db.get("VDI", vdi)
    async with call.current_operation("VDI", vdi, op):
        _assert_supported(call, record)
        if record["is_a_snapshot"]:
            raise Failure("OPERATION_NOT_ALLOWED", f"VDI is a snapshot: {vdi}")
        if record["type"] not in _TRACKABLE:
            raise Failure("VDI_INCOMPATIBLE_TYPE", vdi, record["type"])
        if record["on_boot"] == "reset":
            raise Failure("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION")
        call.db.put("VDI", vdi, cbt_enabled=enabled)


def _assert_supported(call: Call, vdi: Record) -> None:
    home = peek(call.db, "SR", vdi["SR"])
    if home and not storage.can(home, "vdi_snapshot"):
        raise Failure("SR_OPERATION_NOT_SUPPORTED", vdi["SR"])


def _purposes(call: Call, network: str) -> list[str]:
    record = peek(call.db, "network", network)
    return record["purpose"] if record else []
