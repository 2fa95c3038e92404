"""Methods of hosts (ocaml/xapi/xapi_host.ml)."""

import re

from simulator import (
    domains,
    evacuation,
    failover,
    forwarding,
    locks,
    memory,
    placement,
    preconditions,
    subtasks,
)
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method, vm_sleep
from simulator.pool import Pool
from simulator.rules.view import records
from simulator.tables import NULL

HANDOVER = "pool.handover"
_LONGEST_NAME = 255
_HOSTNAME = re.compile(r"(?!-)[a-zA-Z0-9.-]+(?<!-)")


@method("host.disable")
async def disable(call: Call, host: str) -> None:
    """Exclude a host from new VMs; running VMs stay."""
    failover.assert_preserves_plan(call.db)
    forwarding.forward(call, host)
    call.db.put("host", host, enabled=False)
    preconditions.refresh(call.db, "host", host)


@method("host.enable")
async def enable(call: Call, host: str) -> None:
    """Admit VMs to a host again."""
    async with call.current_operation("host", host, "enable"):
        forwarding.forward(call, host)
        call.db.put("host", host, enabled=True)


@method("host.reboot")
async def reboot(call: Call, host: str) -> None:
    """Boot a disabled host again: it goes down at once, and comes back enabled after a while."""
    async with call.current_operation("host", host, "reboot"):
        await _shut_down(call, host)
        if host == call.pool.coordinator:
            _restart_toolstack(call.pool, host)
        else:
            _go_down(call, host)
            timer = call.pool.clock.timer(call.pool.duration("host.reboot"))
            timer.add_done_callback(lambda _: failover.revive(call.pool, host))


@method("host.shutdown")
async def shutdown(call: Call, host: str) -> None:
    """Switch a disabled host off."""
    async with call.current_operation("host", host, "shutdown"):
        await _shut_down(call, host)
        _go_down(call, host)


@method("host.power_on")
async def power_on(call: Call, host: str) -> None:
    """Switch a host on; it comes back enabled."""
    async with call.current_operation("host", host, "power_on"):
        await call.work("host.power_on")
        _show_live(call, host, live=True)
        call.db.put("host", host, enabled=True)


@method("host.evacuate")
async def evacuate(
    call: Call, host: str, _network: str = NULL, _evacuate_batch_size: int = 0
) -> None:
    """Move every VM of a host elsewhere; one that cannot move fails all before any does."""
    failover.assert_preserves_plan(call.db)
    async with call.current_operation("host", host, "evacuate"):
        plan = evacuation.plan(call.db, host)
        for target in plan.values():
            if isinstance(target, Failure):
                raise target
        for done, (vm, target) in enumerate(plan.items()):
            await _evacuate(call, vm, host, str(target))
            call.running.progress((done + 1) / len(plan))


@method("host.assert_can_evacuate")
async def assert_can_evacuate(call: Call, host: str) -> None:
    """Refuse a host with a VM that cannot move elsewhere."""
    found = _preventing(call, host).values()
    if found:
        raise Failure("CANNOT_EVACUATE_HOST", "|".join(",".join(words) for words in found))


@method("host.get_vms_which_prevent_evacuation")
async def get_vms_which_prevent_evacuation(call: Call, host: str) -> dict[str, list[str]]:
    """Return the VMs that cannot move elsewhere, with the reason."""
    return _preventing(call, host)


@method("host.destroy")
async def destroy(call: Call, host: str) -> None:
    """Remove a dead member from the pool."""
    call.db.get("host", host)
    if host == call.pool.coordinator or placement.is_live(call.db, host):
        raise Failure("HOST_IS_LIVE", host)
    failover.assert_off(call.db)
    if evacuation.guests_of(call.db, host):
        raise Failure("HOST_HAS_RESIDENT_VMS", host)
    remove(call, host)


@method("host.get_servertime")
async def get_servertime(call: Call, host: str) -> str:
    """Return the time of a host."""
    call.db.get("host", host)
    return call.pool.clock.iso()


@method("host.get_server_localtime")
async def get_server_localtime(call: Call, host: str) -> str:
    """Return the local time of a host; simulated hosts are in UTC."""
    return await get_servertime(call, host)


@method("host.compute_free_memory")
async def compute_free_memory(call: Call, host: str) -> int:
    """Return the memory that a host has free for VMs."""
    return memory.free(call.db, host)


@method("host.compute_memory_overhead")
async def compute_memory_overhead(call: Call, host: str) -> int:
    """Return the memory that a host needs for itself."""
    return int(call.db.get("host", host)["memory_overhead"])


@method("host.get_management_interface")
async def get_management_interface(call: Call, host: str) -> str:
    """Return the interface that a host is managed by."""
    return next(
        (
            ref
            for ref, pif in records(call.db, "PIF", call.db.get("host", host)["PIFs"])
            if pif["management"]
        ),
        NULL,
    )


@method("host.call_plugin")
async def call_plugin(call: Call, host: str, plugin: str, _fn: str, _args: dict[str, str]) -> str:
    """Refuse: simulated hosts have no plugins."""
    call.db.get("host", host)
    raise Failure("XENAPI_MISSING_PLUGIN", plugin)


@method("host.has_extension")
async def has_extension(call: Call, host: str, _name: str) -> bool:
    """Return false: simulated hosts have no extensions."""
    call.db.get("host", host)
    return False


@method("host.set_hostname_live")
async def set_hostname_live(call: Call, host: str, hostname: str) -> None:
    """Change the hostname of a running host."""
    call.db.get("host", host)
    _assert_hostname(hostname)
    call.db.put("host", host, hostname=hostname)


def remove(call: Call, host: str) -> None:
    """Delete the record of a host, and what belongs to it alone."""
    record = call.db.get("host", host)
    for cls in ("PIF", "PBD"):
        for ref in list(record[f"{cls}s"]):
            call.db.destroy(cls, ref)
    if call.db.exists("VM", record["control_domain"]):
        call.db.destroy("VM", record["control_domain"])
    call.db.destroy("host", host)


def _assert_hostname(name: str) -> None:
    if not name:
        raise Failure("HOST_NAME_INVALID", "hostname empty")
    if len(name) > _LONGEST_NAME:
        raise Failure("HOST_NAME_INVALID", "hostname is too long")
    if not _HOSTNAME.fullmatch(name):
        raise Failure("HOST_NAME_INVALID", "hostname contains invalid characters")


def _preventing(call: Call, host: str) -> dict[str, list[str]]:
    plan = evacuation.plan(call.db, host)
    return {vm: to.description() for vm, to in plan.items() if isinstance(to, Failure)}


async def _evacuate(call: Call, vm: str, host: str, target: str) -> None:
    """Move one VM, unless it has ended or moved meanwhile."""
    if not call.db.exists("VM", vm) or call.db.get("VM", vm)["resident_on"] != host:
        return
    async with (
        subtasks.run(call, "Async.VM.pool_migrate") as part,
        part.current_operation("VM", vm, "pool_migrate"),
        locks.receiving_host(part, target, "vm_migrate"),
    ):
        await vm_sleep.migrate(part, vm, target)


async def _shut_down(call: Call, host: str) -> None:
    """Halt the VMs of a host that is to go down."""
    forwarding.forward(call, host)
    await call.work("host.shutdown", cancellable=False)
    for vm in evacuation.guests_of(call.db, host):
        domains.halt(call.pool, vm)
        preconditions.refresh(call.db, "VM", vm)


def _go_down(call: Call, host: str) -> None:
    """Mark a host as not live."""
    _show_live(call, host, live=False)
    preconditions.refresh(call.db, "host", host)


def _restart_toolstack(pool: Pool, coordinator: str) -> None:
    """Let a coordinator that boots come back: its toolstack restarts, and enables it."""

    def restart() -> None:
        pool.db.put("host", coordinator, enabled=True)
        pool.hand_over(pool.db.get("host", coordinator)["address"])

    pool.clock.timer(pool.duration(HANDOVER)).add_done_callback(lambda _: restart())


def _show_live(call: Call, host: str, *, live: bool) -> None:
    metrics = call.db.get("host", host)["metrics"]
    call.db.put("host_metrics", metrics, live=live, last_updated=call.pool.clock.iso())
