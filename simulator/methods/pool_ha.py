"""Methods that switch the protection of a pool on and off (ocaml/xapi/xapi_ha.ml)."""

from simulator import disks, failover, placement, preconditions
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method, sr_support

_STACK = "xhad"
_STATE_SIZE = 4 << 20
_LOG_SIZE = 256 << 20


@method("pool.enable_ha")
async def enable_ha(call: Call, heartbeat_srs: list[str], configuration: dict[str, str]) -> None:
    """Switch high availability on, with its state in a shared repository."""
    pool = failover.pool_ref(call.db)
    failover.assert_off(call.db)
    _assert_ready(call)
    sr = await _repository(call, heartbeat_srs)
    await call.work("pool.enable_ha")
    state = _make(call, sr, "Statefile for HA", "ha_statefile", _STATE_SIZE)
    _make(call, sr, "Metadata for HA", "redo_log", _LOG_SIZE)
    _show_hosts(call, [state])
    failover.show(
        call.db,
        enabled=True,
        ha_statefiles=[state],
        ha_configuration=configuration,
        ha_cluster_stack=_STACK,
        ha_plan_exists_for=call.db.get("pool", pool)["ha_host_failures_to_tolerate"],
    )


@method("pool.disable_ha")
async def disable_ha(call: Call) -> None:
    """Switch high availability off."""
    pool = failover.pool_ref(call.db)
    if not call.db.get("pool", pool)["ha_enabled"]:
        raise Failure("HA_NOT_ENABLED")
    await call.work("pool.disable_ha")
    _show_hosts(call, [])
    failover.show(call.db, enabled=False, ha_statefiles=[], ha_plan_exists_for=0)


@method("host.emergency_ha_disable")
async def emergency_ha_disable(call: Call, soft: bool = False) -> None:  # noqa: FBT002 - in wire order
    """Switch high availability off on this host, whatever the others say."""
    if failover.is_on(call.db):
        await disable_ha(call)
    elif not soft:
        raise Failure("HA_NOT_ENABLED")


@method("pool.enable_redo_log")
async def enable_redo_log(call: Call, sr: str) -> None:
    """Keep changes of the database in a repository too."""
    pool = failover.pool_ref(call.db)
    failover.assert_off(call.db)
    if call.db.get("pool", pool)["redo_log_enabled"]:
        raise Failure("REDO_LOG_IS_ENABLED")
    call.db.get("SR", sr)
    log = _make(call, sr, "Metadata redo-log", "redo_log", _LOG_SIZE)
    call.db.put("pool", pool, redo_log_enabled=True, redo_log_vdi=log)


@method("pool.disable_redo_log")
async def disable_redo_log(call: Call) -> None:
    """Keep changes of the database on hosts only."""
    call.db.put("pool", failover.pool_ref(call.db), redo_log_enabled=False)


def _assert_ready(call: Call) -> None:
    """Refuse while an interface that must be up is down, or a host is."""
    down = call.db.where("PIF", disallow_unplug=True, currently_attached=False)
    if down:
        raise Failure("REQUIRED_PIF_IS_UNPLUGGED", *down)
    for host in call.db.refs("host"):
        if not placement.is_live(call.db, host):
            raise Failure("HOST_OFFLINE", host)


async def _repository(call: Call, wanted: list[str]) -> str:
    """Return the repository for the state: the first of those wanted, else any that can hold it."""
    for sr in wanted[:1]:
        await sr_support.assert_can_host_ha_statefile(call, sr)
        return sr
    for sr in call.db.refs("SR"):
        try:
            await sr_support.assert_can_host_ha_statefile(call, sr)
        except Failure:
            continue
        return sr
    raise Failure("CANNOT_CREATE_STATE_FILE")


def _make(call: Call, sr: str, name: str, kind: str, size: int) -> str:
    """Return the disk of a kind in a repository; it is kept from one time to the next."""
    for vdi in call.db.where("VDI", SR=sr, type=kind, name_label=name):
        return vdi
    fields = {"SR": sr, "name_label": name, "type": kind, "virtual_size": size}
    vdi = disks.create(call.pool, sr, {"name_description": "Used for HA", **fields})
    preconditions.refresh(call.db, "VDI", vdi)
    return vdi


def _show_hosts(call: Call, statefiles: list[str]) -> None:
    hosts = call.db.refs("host")
    for host in hosts:
        peers = [call.db.get("host", each)["uuid"] for each in hosts] if statefiles else []
        call.db.put("host", host, ha_statefiles=statefiles, ha_network_peers=peers)
