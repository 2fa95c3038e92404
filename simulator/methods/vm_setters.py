"""Setters of a VM that check what they set (ocaml/xapi/xapi_vm.ml)."""

import hashlib

from simulator import bios, memory
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.tables import NULL

_PRIORITIES = frozenset({"restart", "best-effort", ""})
_UNASSIGNABLE = "Control domains, templates and snapshots cannot be assigned to appliances."


@method("VM.set_ha_restart_priority")
async def set_ha_restart_priority(call: Call, vm: str, value: str) -> None:
    """Set whether high availability restarts a VM; a running one is protected at once."""
    if value not in _PRIORITIES:
        raise Failure("INVALID_VALUE", "ha_restart_priority", value)
    record = call.db.get("VM", vm)
    if value != record["ha_restart_priority"]:
        running = record["power_state"] == "Running"
        protected = {"ha_always_run": value == "restart"} if running else {}
        call.db.put("VM", vm, ha_restart_priority=value, **protected)


@method("VM.set_ha_always_run")
async def set_ha_always_run(call: Call, vm: str, value: bool) -> None:
    """Set the restart priority by the older field."""
    await set_ha_restart_priority(call, vm, "restart" if value else "")


@method("VM.set_start_delay")
async def set_start_delay(call: Call, vm: str, value: int) -> None:
    """Set the seconds to wait after the start of a VM."""
    _put_natural(call, vm, "start_delay", value)


@method("VM.set_shutdown_delay")
async def set_shutdown_delay(call: Call, vm: str, value: int) -> None:
    """Set the seconds to wait after the shutdown of a VM."""
    _put_natural(call, vm, "shutdown_delay", value)


@method("VM.set_order")
async def set_order(call: Call, vm: str, value: int) -> None:
    """Set the place of a VM in the order of its appliance."""
    _put_natural(call, vm, "order", value)


@method("VM.set_suspend_VDI")
async def set_suspend_vdi(call: Call, vm: str, value: str) -> None:
    """Replace the image of a suspended VM by an identical one."""
    assert_power_state(call, vm, "Suspended")
    if call.db.get("VDI", value)["type"] == "cbt_metadata":
        raise Failure("VDI_INCOMPATIBLE_TYPE", vm, "cbt_metadata")
    present = call.db.get("VM", vm)["suspend_VDI"]
    if value != present:
        sums = [_checksum(call, vdi) for vdi in (present, value)]
        raise Failure("SUSPEND_VDI_REPLACEMENT_IS_NOT_IDENTICAL", *sums)


@method("VM.set_appliance")
async def set_appliance(call: Call, vm: str, value: str) -> None:
    """Assign a VM to an appliance, or to none."""
    record = call.db.get("VM", vm)
    if record["is_control_domain"] or record["is_a_template"] or record["is_a_snapshot"]:
        raise Failure("OPERATION_NOT_ALLOWED", _UNASSIGNABLE)
    call.db.put("VM", vm, appliance=value)
    call.refresh([("VM", vm, "")])


@method("VM.set_snapshot_schedule")
async def set_snapshot_schedule(call: Call, vm: str, value: str) -> None:
    """Assign a VM to a snapshot schedule, or to none."""
    known = call.db.exists("VMSS", value)
    record = call.db.get("VM", vm)
    if not known and value not in {NULL, ""}:
        raise Failure("INVALID_VALUE", value)
    if known and record["is_control_domain"]:
        raise Failure("INVALID_VALUE", value)
    if known and record["is_a_template"]:
        raise Failure("VM_IS_TEMPLATE", vm)
    call.db.put("VM", vm, snapshot_schedule=value)
    call.refresh([("VM", vm, "")])


@method("VM.set_protection_policy")
async def set_protection_policy(_call: Call, _vm: str, _value: str) -> None:
    """Refuse: protection policies have been removed."""
    raise Failure("MESSAGE_REMOVED")


@method("VM.set_bios_strings")
async def set_bios_strings(call: Call, vm: str, value: dict[str, str]) -> None:
    """Set the BIOS strings of a VM, once; those not named are generic."""
    bios.assert_unset(call.db, vm)
    bios.assert_valid(value)
    call.db.put("VM", vm, bios_strings={**bios.GENERIC, **value})


@method("VM.copy_bios_strings")
async def copy_bios_strings(call: Call, vm: str, host: str) -> None:
    """Copy the BIOS strings of a host to a VM, once."""
    bios.assert_unset(call.db, vm)
    call.db.put("VM", vm, bios_strings=dict(call.db.get("host", host)["bios_strings"]))


@method("VM.set_has_vendor_device")
async def set_has_vendor_device(call: Call, vm: str, value: bool) -> None:
    """Set whether a halted VM gets the PCI device for driver updates."""
    assert_power_state(call, vm, "Halted")
    call.db.put("VM", vm, has_vendor_device=value)


@method("VM.set_HVM_shadow_multiplier")
async def set_hvm_shadow_multiplier(call: Call, vm: str, value: float) -> None:
    """Set the shadow memory of a halted VM."""
    async with call.current_operation("VM", vm, "changing_shadow_memory"):
        if value < 1:
            raise Failure("INVALID_VALUE", "HVM_shadow_multiplier", f"{value:g}")
        call.db.put("VM", vm, HVM_shadow_multiplier=value)
        call.db.put("VM", vm, memory_overhead=memory.overhead(call.db.get("VM", vm)))


@method("VM.set_NVRAM")
async def set_nvram(call: Call, vm: str, value: dict[str, str]) -> None:
    """Set the NVRAM of a halted VM."""
    async with call.current_operation("VM", vm, "changing_NVRAM"):
        call.db.put("VM", vm, NVRAM=value)


@method("VM.add_to_NVRAM")
async def add_to_nvram(call: Call, vm: str, key: str, value: str) -> None:
    """Set a key in the NVRAM of a halted VM."""
    async with call.current_operation("VM", vm, "changing_NVRAM"):
        if key in call.db.get("VM", vm)["NVRAM"]:
            raise Failure("MAP_DUPLICATE_KEY", "VM", "NVRAM", vm, key)
        call.db.put_key("VM", vm, "NVRAM", key, value)


@method("VM.remove_from_NVRAM")
async def remove_from_nvram(call: Call, vm: str, key: str) -> None:
    """Remove a key from the NVRAM of a halted VM."""
    async with call.current_operation("VM", vm, "changing_NVRAM"):
        call.db.drop_key("VM", vm, "NVRAM", key)


@method("VM.set_NVRAM_EFI_variables")
async def set_nvram_efi_variables(call: Call, vm: str, value: str) -> None:
    """Set the EFI variables, as the firmware does."""
    call.db.put_key("VM", vm, "NVRAM", "EFI-variables", value)


def assert_power_state(call: Call, vm: str, wanted: str) -> None:
    """Refuse a VM in another power state."""
    actual = call.db.get("VM", vm)["power_state"]
    if actual != wanted:
        raise Failure("VM_BAD_POWER_STATE", vm, wanted.lower(), actual.lower())


def _put_natural(call: Call, vm: str, field: str, value: int) -> None:
    if value < 0:
        raise Failure("INVALID_VALUE", f"{field} must be non-negative", value)
    call.db.put("VM", vm, **{field: value})


def _checksum(call: Call, vdi: str) -> str:
    uuid = call.db.get("VDI", vdi)["uuid"] if call.db.exists("VDI", vdi) else ""
    return f"{uuid} : {hashlib.md5(uuid.encode(), usedforsecurity=False).hexdigest()}"
