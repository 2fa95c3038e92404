"""Further methods of a VM."""

from simulator import locks, memory
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.tables import Record


@method("VM.maximise_memory")
async def maximise_memory(call: Call, vm: str, total: int, _approximate: bool) -> int:
    """Return the guest memory that fits into this much host memory."""
    record = call.db.get("VM", vm)
    beside = memory.overhead({**record, "memory_static_max": total})
    return max(0, total - beside)


@method("VM.get_boot_record")
async def get_boot_record(call: Call, vm: str) -> Record:
    """Return the record that a VM was booted with."""
    return call.db.get("VM", vm)


@method("VM.get_cooperative")
async def get_cooperative(call: Call, vm: str) -> bool:
    """Return true, as the toolstack always does."""
    call.db.get("VM", vm)
    return True


@method("VM.set_memory_target_live")
async def set_memory_target_live(call: Call, vm: str, target: int) -> None:
    """Set the memory that a running guest is to use."""
    async with call.current_operation("VM", vm, "changing_memory_live"):
        call.db.put("VM", vm, memory_target=target)


@method("VM.wait_memory_target_live")
async def wait_memory_target_live(call: Call, vm: str) -> None:
    """Wait until a guest has reached its memory target: at once here."""
    async with call.current_operation("VM", vm, "awaiting_memory_live"):
        pass


@method("VM.set_shadow_multiplier_live")
async def set_shadow_multiplier_live(call: Call, vm: str, multiplier: float) -> None:
    """Set the shadow memory of a running HVM guest."""
    async with call.current_operation("VM", vm, "changing_shadow_memory_live"):
        call.db.put("VM", vm, HVM_shadow_multiplier=multiplier)


@method("VM.add_to_VCPUs_params_live")
async def add_to_vcpus_params_live(call: Call, vm: str, key: str, value: str) -> None:
    """Set a scheduling parameter of a running VM."""
    async with call.current_operation("VM", vm, "changing_VCPUs_live"):
        call.db.put_key("VM", vm, "VCPUs_params", key, value)


@method("VM.send_sysrq")
async def send_sysrq(call: Call, vm: str, _key: str) -> None:
    """Send a running guest a SysRq key."""
    async with call.current_operation("VM", vm, "send_sysrq"):
        await call.work("VM.send_sysrq")


@method("VM.send_trigger")
async def send_trigger(call: Call, vm: str, _trigger: str) -> None:
    """Send a running guest an ACPI trigger."""
    async with call.current_operation("VM", vm, "send_trigger"):
        await call.work("VM.send_trigger")


@method("VM.copy_bios_strings")
async def copy_bios_strings(call: Call, vm: str, host: str) -> None:
    """Copy the BIOS strings of a host to a VM, once."""
    if call.db.get("VM", vm)["bios_strings"]:
        raise Failure("VM_BIOS_STRINGS_ALREADY_SET")
    call.db.put("VM", vm, bios_strings=call.db.get("host", host)["bios_strings"])


@method("VM.restart_device_models")
async def restart_device_models(call: Call, vm: str) -> None:
    """Migrate a running HVM guest to its own host."""
    async with (
        call.current_operation("VM", vm, "pool_migrate"),
        locks.receiving_host(call, call.db.get("VM", vm)["resident_on"], "vm_migrate"),
    ):
        await call.work("VM.restart_device_models")


@method("VM.get_data_sources")
async def get_data_sources(call: Call, vm: str) -> list[Record]:
    """List no data sources: performance is not simulated."""
    call.db.get("VM", vm)
    return []


@method("VM.retrieve_wlb_recommendations")
async def retrieve_wlb_recommendations(call: Call, vm: str) -> dict[str, list[str]]:
    """Refuse: no workload balancing server is configured."""
    call.db.get("VM", vm)
    raise Failure("WLB_NOT_INITIALIZED")
