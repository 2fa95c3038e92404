"""Caching of shared disks on local storage of hosts (ocaml/xapi/xapi_host.ml)."""

from simulator import evacuation
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.view import records
from simulator.tables import NULL, Record

_ABLE = frozenset({"ext"})
"""Types of repositories whose driver supports it."""


@method("host.enable_local_storage_caching")
async def enable_local_storage_caching(call: Call, host: str, sr: str) -> None:
    """Cache disks of a disabled host in a repository of its own."""
    _assert_out_of_service(call, host)
    record = call.db.get("SR", sr)
    if not _suits(record):
        raise Failure("SR_OPERATION_NOT_SUPPORTED", sr)
    if host not in {pbd["host"] for _, pbd in records(call.db, "PBD", record["PBDs"])}:
        raise Failure("HOST_CANNOT_SEE_SR", host, sr)
    call.db.put("host", host, local_cache_sr=sr)
    call.db.put("SR", sr, local_cache_enabled=True)


@method("host.disable_local_storage_caching")
async def disable_local_storage_caching(call: Call, host: str) -> None:
    """Cache disks of a disabled host no longer."""
    _assert_out_of_service(call, host)
    sr = call.db.get("host", host)["local_cache_sr"]
    call.db.put("host", host, local_cache_sr=NULL)
    if call.db.exists("SR", sr):
        call.db.put("SR", sr, local_cache_enabled=False)


@method("pool.enable_local_storage_caching")
async def pool_enable_local_storage_caching(call: Call, pool: str) -> None:
    """Cache disks on every host, in its own repository."""
    call.db.get("pool", pool)
    failed = []
    for host in call.db.refs("host"):
        pbds = records(call.db, "PBD", call.db.get("host", host)["PBDs"])
        suited = [pbd["SR"] for _, pbd in pbds if _suits(call.db.get("SR", pbd["SR"]))]
        try:
            await enable_local_storage_caching(call, host, suited[0] if suited else NULL)
        except Failure:
            failed.append(host)
    if failed:
        raise Failure("HOSTS_FAILED_TO_ENABLE_CACHING", *failed)


@method("pool.disable_local_storage_caching")
async def pool_disable_local_storage_caching(call: Call, pool: str) -> None:
    """Cache disks on no host any longer."""
    call.db.get("pool", pool)
    failed = []
    for host in call.db.refs("host"):
        try:
            await disable_local_storage_caching(call, host)
        except Failure:
            failed.append(host)
    if failed:
        raise Failure("HOSTS_FAILED_TO_DISABLE_CACHING", *failed)


def _suits(sr: Record) -> bool:
    return not sr["shared"] and sr["type"] in _ABLE


def _assert_out_of_service(call: Call, host: str) -> None:
    """Refuse a host that is enabled, or on which VMs run."""
    if call.db.get("host", host)["enabled"]:
        raise Failure("HOST_NOT_DISABLED")
    for vm in evacuation.guests_of(call.db, host):
        if call.db.get("VM", vm)["power_state"] == "Running":
            raise Failure("HOST_IN_USE", host, "vm", vm)
