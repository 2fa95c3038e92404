"""Methods of VDIs (ocaml/xapi/xapi_vdi.ml)."""

import re
from typing import Any

from simulator import disks, locks
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules import storage
from simulator.rules import vdi as vdi_rules
from simulator.rules.view import records
from simulator.tables import NULL

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@method("VDI.create")
async def create(call: Call, args: dict[str, Any]) -> str:
    """Create an empty disk; the back end may round its size up."""
    if args["type"] == "cbt_metadata":
        raise vdi_rules.incompatible("", "cbt_metadata")
    sr = args["SR"]
    async with call.current_operation("SR", sr, "vdi_create"):
        await call.work("VDI.create")
        return disks.create(call.pool, sr, args)


@method("VDI.destroy")
async def destroy(call: Call, vdi: str) -> None:
    """Delete a disk together with the drives that hold it."""
    async with locks.disk(call, vdi, "destroy"):
        await call.work("VDI.destroy")
        disks.drop(call.db, vdi)


@method("VDI.clone")
async def clone(call: Call, vdi: str, _driver_params: dict[str, str] | None = None) -> str:
    """Create a writable clone of a disk that shares its blocks."""
    return await duplicate(call, vdi, "clone", work="VDI.clone")


@method("VDI.snapshot")
async def snapshot(call: Call, vdi: str, _driver_params: dict[str, str] | None = None) -> str:
    """Take a snapshot of a disk."""
    return await duplicate(call, vdi, "snapshot", work="VDI.snapshot")


@method("VDI.copy")
async def copy(call: Call, vdi: str, sr: str, _base_vdi: str = NULL, into_vdi: str = NULL) -> str:
    """Copy a disk in full, into a new one or over one that is there."""
    if not call.db.exists("VDI", into_vdi):
        return await duplicate(call, vdi, "copy", work="VDI.copy", sr=sr)
    async with locks.disk(call, vdi, "copy"):
        _assert_takes(call, vdi, into_vdi)
        await call.work("VDI.copy")
    return into_vdi


async def duplicate(  # noqa: PLR0913 - what, how, for how long, where
    call: Call, vdi: str, op: str, *, work: str, scale: float = 1.0, sr: str = NULL
) -> str:
    """Clone, snapshot or copy a disk in the time that `work` names."""
    if op == "copy":
        _assert_makes_disks(call, sr)
    async with locks.disk(call, vdi, op):
        await call.work(work, scale)
        match op:
            case "clone":
                return disks.clone(call.pool, vdi)
            case "snapshot":
                return disks.snapshot(call.pool, vdi)
            case _:
                return disks.copy(call.pool, vdi, sr)


@method("VDI.resize")
async def resize(call: Call, vdi: str, size: int) -> None:
    """Grow a detached disk."""
    async with locks.disk(call, vdi, "resize"):
        await call.work("VDI.resize")
        disks.resize(call.pool, vdi, size)


@method("VDI.forget")
async def forget(call: Call, vdi: str) -> None:
    """Remove a disk from the database."""
    async with locks.disk(call, vdi, "forget"):
        disks.drop(call.db, vdi)


@method("VDI.update")
async def update(call: Call, vdi: str) -> None:
    """Update the record of a disk from the back end."""
    async with call.current_operation("VDI", vdi, "update"):
        await call.work("VDI.update")


@method("VDI.introduce")
async def introduce(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call,
    uuid: str,
    name_label: str,
    name_description: str,
    sr: str,
    type: str,  # noqa: A002 - XenServer's word
    sharable: bool,
    read_only: bool,
    other_config: dict[str, str],
    location: str,
    xenstore_data: dict[str, str],
    sm_config: dict[str, str],
    managed: bool = True,  # noqa: FBT002 - in wire order
    virtual_size: int = 0,
    *_bookkeeping: object,
) -> str:
    """Introduce a disk that a repository holds already."""
    async with call.current_operation("SR", sr, "vdi_introduce"):
        _assert_unknown(call, uuid, sr, location)
        vdi = call.db.create(
            "VDI",
            uuid=uuid,
            name_label=name_label,
            name_description=name_description,
            SR=sr,
            type=type,
            sharable=sharable,
            read_only=read_only,
            other_config=other_config,
            location=location,
            xenstore_data=xenstore_data,
            sm_config=sm_config,
            managed=managed,
            virtual_size=virtual_size,
        )
    call.refresh([("VDI", vdi, "")])
    return vdi


def _assert_unknown(call: Call, uuid: str, sr: str, location: str) -> None:
    if call.db.where("VDI", SR=sr, location=location):
        raise Failure("LOCATION_NOT_UNIQUE", sr, location)
    if not _UUID.fullmatch(uuid):
        raise Failure("UUID_INVALID", "VDI", uuid)


@method("VDI.set_name_label")
async def set_name_label(call: Call, vdi: str, value: str) -> None:
    """Name a disk, in its repository too."""
    _assert_plugged(call, vdi)
    call.db.put("VDI", vdi, name_label=value)


@method("VDI.set_name_description")
async def set_name_description(call: Call, vdi: str, value: str) -> None:
    """Describe a disk, in its repository too."""
    _assert_plugged(call, vdi)
    call.db.put("VDI", vdi, name_description=value)


@method("VDI.set_read_only")
async def set_read_only(call: Call, vdi: str, value: bool) -> None:
    """Make a disk read-only or writable."""
    call.db.put("VDI", vdi, read_only=value)


@method("VDI.set_sharable")
async def set_sharable(call: Call, vdi: str, _value: bool) -> None:
    """Refuse: only storage back ends decide that."""
    call.db.get("VDI", vdi)
    raise Failure("PERMISSION_DENIED", "")


@method("VDI.set_on_boot")
async def set_on_boot(call: Call, vdi: str, value: str) -> None:
    """Set whether a disk is reset at each boot."""
    _assert_all_halted(call, vdi)
    async with call.current_operation("VDI", vdi, "set_on_boot"):
        call.db.put("VDI", vdi, on_boot=value)


@method("VDI.set_allow_caching")
async def set_allow_caching(call: Call, vdi: str, value: bool) -> None:
    """Set whether hosts cache a disk locally."""
    _assert_all_halted(call, vdi)
    call.db.put("VDI", vdi, allow_caching=value)


def _assert_makes_disks(call: Call, sr: str) -> None:
    home = call.db.get("SR", sr)
    if not storage.can(home, "vdi_create"):
        raise Failure("SR_OPERATION_NOT_SUPPORTED", sr)
    if not storage.is_plugged(call.db, home):
        raise Failure("SR_HAS_NO_PBDS", sr)


def _assert_takes(call: Call, vdi: str, into_vdi: str) -> None:
    origin, into = call.db.get("VDI", vdi), call.db.get("VDI", into_vdi)
    if into["read_only"]:
        raise Failure("VDI_READONLY", into_vdi)
    if into["virtual_size"] < origin["virtual_size"]:
        raise Failure("VDI_TOO_SMALL", into_vdi, origin["virtual_size"])


def _assert_plugged(call: Call, vdi: str) -> None:
    sr = call.db.get("VDI", vdi)["SR"]
    if not storage.is_plugged(call.db, call.db.get("SR", sr)):
        raise Failure("SR_HAS_NO_PBDS", sr)


def _assert_all_halted(call: Call, vdi: str) -> None:
    for _, vbd in records(call.db, "VBD", call.db.get("VDI", vdi)["VBDs"]):
        state = call.db.get("VM", vbd["VM"])["power_state"]
        if state != "Halted":
            raise Failure("VM_BAD_POWER_STATE", vbd["VM"], "halted", state.lower())
