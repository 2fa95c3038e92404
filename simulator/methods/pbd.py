"""Methods of PBDs, which connect hosts to storage repositories (ocaml/xapi/xapi_pbd.ml)."""

from typing import Any

from simulator import preconditions
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.view import records

_ATTACHED_SIZE = 1 << 40
_INTERNAL_KEY = "SRmaster"


@method("PBD.create")
async def create(call: Call, args: dict[str, Any]) -> str:
    """Create a PBD, not yet attached."""
    host, sr = args["host"], args["SR"]
    async with call.current_operation("SR", sr, "pbd_create"):
        call.db.get("host", host)
        for ref, pbd in records(call.db, "PBD", call.db.get("SR", sr)["PBDs"]):
            if pbd["host"] == host:
                raise Failure("PBD_EXISTS", sr, host, ref)
        _assert_no_internal_key(args["device_config"])
        return call.db.create("PBD", {**args, "currently_attached": False})


@method("PBD.destroy")
async def destroy(call: Call, pbd: str) -> None:
    """Delete a PBD that is not attached."""
    record = call.db.get("PBD", pbd)
    if record["currently_attached"]:
        raise Failure("OPERATION_NOT_ALLOWED", "PBD is currently attached")
    async with call.current_operation("SR", record["SR"], "pbd_destroy"):
        call.db.destroy("PBD", pbd)


@method("PBD.plug")
async def plug(call: Call, pbd: str) -> None:
    """Attach a repository to a host; no effect if attached."""
    sr = call.db.get("PBD", pbd)["SR"]
    async with call.current_operation("SR", sr, "plug"):
        _assert_sharable(call, pbd)
        await call.work("PBD.plug")
        call.db.put("PBD", pbd, currently_attached=True)
        if call.db.get("SR", sr)["physical_size"] < 0:
            call.db.put("SR", sr, physical_size=_ATTACHED_SIZE, physical_utilisation=0)
    _refresh_disks(call, sr)


@method("PBD.unplug")
async def unplug(call: Call, pbd: str) -> None:
    """Detach a repository from a host; no effect if detached."""
    record = call.db.get("PBD", pbd)
    if not record["currently_attached"]:
        return
    async with call.current_operation("SR", record["SR"], "unplug"):
        _assert_unused(call, record["SR"], record["host"])
        await call.work("PBD.unplug")
        call.db.put("PBD", pbd, currently_attached=False)
    _refresh_disks(call, record["SR"])


@method("PBD.set_device_config")
async def set_device_config(call: Call, pbd: str, value: dict[str, str]) -> None:
    """Set how a host reaches a repository."""
    _assert_no_internal_key(value)
    call.db.put("PBD", pbd, device_config=value)


def _assert_no_internal_key(device_config: dict[str, str]) -> None:
    if _INTERNAL_KEY in device_config:
        text = "This key is for internal use only"
        raise Failure("VALUE_NOT_SUPPORTED", _INTERNAL_KEY, device_config[_INTERNAL_KEY], text)


def _assert_sharable(call: Call, pbd: str) -> None:
    """Refuse a second host where a repository is not shared."""
    record = call.db.get("PBD", pbd)
    sr = call.db.get("SR", record["SR"])
    if record["currently_attached"] or sr["shared"]:
        return
    for _, other in records(call.db, "PBD", sr["PBDs"]):
        if other["currently_attached"]:
            raise Failure("SR_NOT_SHARABLE", record["SR"], other["host"])


def _assert_unused(call: Call, sr: str, host: str) -> None:
    """Refuse while VMs on the host hold disks of the repository."""
    used = [
        vdi
        for vdi, image in records(call.db, "VDI", call.db.get("SR", sr)["VDIs"])
        if any(
            vbd["currently_attached"] and call.db.get("VM", vbd["VM"])["resident_on"] == host
            for _, vbd in records(call.db, "VBD", image["VBDs"])
        )
    ]
    if used:
        raise Failure("VDI_IN_USE", *used)


def _refresh_disks(call: Call, sr: str) -> None:
    for vdi in call.db.get("SR", sr)["VDIs"]:
        preconditions.refresh(call.db, "VDI", vdi)
