"""Methods of disks and repositories for storage back ends, which other callers are refused."""

import hashlib
from typing import Any

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method

_VDI_SETTERS = (
    *("set_managed", "set_missing", "set_virtual_size", "set_physical_utilisation"),
    *("set_is_a_snapshot", "set_snapshot_of", "set_snapshot_time", "set_metadata_of_pool"),
    *("set_cbt_enabled", "db_forget"),
)
_SR_SETTERS = ("set_virtual_allocation", "set_physical_utilisation")


def _register(cls: str, name: str) -> None:
    async def refuse(call: Call, ref: str, *_values: Any) -> None:  # noqa: ANN401 - wire values
        call.db.get(cls, ref)
        raise Failure("PERMISSION_DENIED", "")

    method(f"{cls}.{name}")(refuse)


for _name in _VDI_SETTERS:
    _register("VDI", _name)
for _name in _SR_SETTERS:
    _register("SR", _name)


@method("VDI.db_introduce")
async def db_introduce(call: Call, _uuid: str, _label: str, _text: str, sr: str, *_: Any) -> str:  # noqa: ANN401 - wire values
    """Refuse: only storage back ends may do it."""
    call.db.get("SR", sr)
    raise Failure("PERMISSION_DENIED", "")


@method("VDI.force_unlock")
async def force_unlock(call: Call, vdi: str) -> None:
    """Refuse: no lock is taken that could be stolen."""
    call.db.get("VDI", vdi)
    raise Failure("MESSAGE_DEPRECATED")


@method("VDI.generate_config")
async def generate_config(call: Call, host: str, vdi: str) -> str:
    """Return the static configuration of a disk."""
    call.db.get("host", host)
    async with call.current_operation("VDI", vdi, "generate_config"):
        return f"<config>{call.db.get('VDI', vdi)['uuid']}</config>"


@method("VDI.checksum")
async def checksum(call: Call, vdi: str) -> str:
    """Return a checksum of a disk; simulated disks differ by their UUIDs alone."""
    uuid: str = call.db.get("VDI", vdi)["uuid"]
    return hashlib.md5(uuid.encode(), usedforsecurity=False).hexdigest()


@method("SR.get_live_hosts")
async def get_live_hosts(call: Call, sr: str) -> list[str]:
    """List the live hosts that are attached to a repository."""
    pbds = [call.db.get("PBD", ref) for ref in call.db.get("SR", sr)["PBDs"]]
    return [pbd["host"] for pbd in pbds if pbd["currently_attached"]]
