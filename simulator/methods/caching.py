"""Caching of shared disks on local storage of hosts (ocaml/xapi/xapi_host.ml)."""

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.view import records
from simulator.tables import NULL

_ABLE = frozenset({"ext"})
"""Types of repositories whose driver supports it."""


@method("host.enable_local_storage_caching")
async def enable_local_storage_caching(call: Call, host: str, sr: str) -> None:
    """Cache disks of a disabled host in a repository of its own."""
    _assert_out_of_service(call, host)
    record = call.db.get("SR", sr)
    if record["shared"] or record["type"] not in _ABLE:
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
        suited = [pbd["SR"] for _, pbd in pbds if _suits(call, pbd["SR"])]
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


def _suits(call: Call, sr: str) -> bool:
    record = call.db.get("SR", sr)
    return not record["shared"] and record["type"] in _ABLE


def _assert_out_of_service(call: Call, host: str) -> None:
    """Refuse a host that is enabled, or on which VMs run."""
    record = call.db.get("host", host)
    if record["enabled"]:
        raise Failure("HOST_NOT_DISABLED")
    for ref, vm in records(call.db, "VM", record["resident_VMs"]):
        if vm["power_state"] == "Running" and not vm["is_control_domain"]:
            raise Failure("HOST_IN_USE", host, "vm", ref)
