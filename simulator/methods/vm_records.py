"""Creation and deletion of VMs, templates, and questions about a VM."""

from typing import Any

from simulator import failover, machines, placement, slots
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.view import peek
from simulator.tables import NULL


@method("VM.create")
async def create(call: Call, args: dict[str, Any]) -> str:
    """Create a VM; it is halted unless all data of a suspended one is given."""
    suspended = (
        args.get("power_state") == "Suspended"
        and call.db.exists("VDI", args.get("suspend_VDI", NULL))
        and args.get("last_booted_record")
        and args.get("last_boot_CPU_flags")
    )
    vm = machines.new_vm(call.pool, {**args, "power_state": "Suspended" if suspended else "Halted"})
    await call.work("VM.create")
    return vm


@method("VM.destroy")
async def destroy(call: Call, vm: str) -> None:
    """Delete a VM with its devices; every disk stays."""
    async with call.current_operation("VM", vm, "destroy"):
        if call.db.get("VM", vm)["other_config"].get("default_template") == "true":
            raise Failure("VM_CANNOT_DELETE_DEFAULT_TEMPLATE")
        await call.work("VM.destroy")
        machines.drop_vm(call.db, vm)


@method("VM.set_is_a_template")
async def set_is_a_template(call: Call, vm: str, value: bool) -> None:
    """Turn a halted VM into a template, or a template into a VM."""
    if not value:
        _date_installation(call, vm)
        call.db.put("VM", vm, is_a_template=False)
        return
    async with call.current_operation("VM", vm, "make_into_template"):
        failover.assert_unprotected(call.db, vm)
        metrics = call.db.get("VM", vm)["metrics"]
        call.db.put("VM", vm, is_a_template=True, ha_always_run=False, metrics=NULL)
        if call.db.exists("VM_metrics", metrics):
            call.db.destroy("VM_metrics", metrics)


@method("VM.get_allowed_VBD_devices")
async def get_allowed_vbd_devices(call: Call, vm: str) -> list[str]:
    """List the drive numbers that a VM has free."""
    return slots.free_drives(call.db, vm)


@method("VM.get_allowed_VIF_devices")
async def get_allowed_vif_devices(call: Call, vm: str) -> list[str]:
    """List the interface numbers that a VM has free."""
    return slots.free_interfaces(call.db, vm)


@method("VM.get_possible_hosts")
async def get_possible_hosts(call: Call, vm: str) -> list[str]:
    """List the hosts on which a VM could start now."""
    return placement.possible(call.db, vm)


@method("VM.assert_can_boot_here")
async def assert_can_boot_here(call: Call, vm: str, host: str) -> None:
    """Refuse a host on which a VM cannot start, with the reason."""
    placement.assert_can_boot(call.db, vm, host)


@method("VM.assert_agile")
async def assert_agile(call: Call, vm: str) -> None:
    """Refuse a VM that only some hosts could run."""
    for sr in placement.storage_of(call.db, vm):
        if not call.db.get("SR", sr)["shared"]:
            raise Failure("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", sr)
    for network in placement.networks_of(call.db, vm):
        if not all(placement.sees_network(call.db, h, network) for h in call.db.refs("host")):
            raise Failure("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", network)


def _date_installation(call: Call, vm: str) -> None:
    if peek(call.db, "VM_metrics", call.db.get("VM", vm)["metrics"]) is None:
        call.db.put("VM", vm, metrics=call.db.create("VM_metrics"))
    metrics = call.db.get("VM", vm)["metrics"]
    call.db.put("VM_metrics", metrics, install_time=call.pool.clock.iso())
