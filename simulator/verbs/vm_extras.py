"""Verbs of a VM that ask, or that older clients still call."""

from simulator import holding, memory
from simulator.call import Call
from simulator.errors import Failure
from simulator.tables import Record
from simulator.verbs import verb


@verb("VM.maximise_memory")
async def maximise_memory(call: Call, vm: str, total: int, _approximate: bool) -> int:
    """Tell how much memory a VM could have if it might take this much of a host in all."""
    record = call.db.get("VM", vm)
    beside = memory.overhead({**record, "memory_static_max": total})
    return max(0, total - beside)


@verb("VM.get_boot_record")
async def get_boot_record(call: Call, vm: str) -> Record:
    """Give the record that a VM was booted with."""
    return call.db.get("VM", vm)


@verb("VM.get_cooperative")
async def get_cooperative(call: Call, vm: str) -> bool:
    """Say that a guest keeps to its memory target, as the toolstack always does."""
    call.db.get("VM", vm)
    return True


@verb("VM.set_memory_target_live")
async def set_memory_target_live(call: Call, vm: str, target: int) -> None:
    """Set the memory that a running guest is to use."""
    async with call.marking("VM", vm, "changing_memory_live"):
        call.db.put("VM", vm, memory_target=target)


@verb("VM.wait_memory_target_live")
async def wait_memory_target_live(call: Call, vm: str) -> None:
    """Wait until a guest has reached its memory target: here it has."""
    async with call.marking("VM", vm, "awaiting_memory_live"):
        pass


@verb("VM.set_shadow_multiplier_live")
async def set_shadow_multiplier_live(call: Call, vm: str, multiplier: float) -> None:
    """Give a running HVM guest more shadow memory."""
    async with call.marking("VM", vm, "changing_shadow_memory_live"):
        call.db.put("VM", vm, HVM_shadow_multiplier=multiplier)


@verb("VM.add_to_VCPUs_params_live")
async def add_to_vcpus_params_live(call: Call, vm: str, key: str, value: str) -> None:
    """Set a scheduling parameter of a running VM."""
    async with call.marking("VM", vm, "changing_VCPUs_live"):
        call.db.put_key("VM", vm, "VCPUs_params", key, value)


@verb("VM.send_sysrq")
async def send_sysrq(call: Call, vm: str, _key: str) -> None:
    """Send a running guest a SysRq key."""
    async with call.marking("VM", vm, "send_sysrq"):
        await call.work("VM.send_sysrq")


@verb("VM.send_trigger")
async def send_trigger(call: Call, vm: str, _trigger: str) -> None:
    """Send a running guest an ACPI trigger."""
    async with call.marking("VM", vm, "send_trigger"):
        await call.work("VM.send_trigger")


@verb("VM.snapshot_with_quiesce")
async def snapshot_with_quiesce(call: Call, vm: str, _new_name: str) -> str:
    """Refuse: no release of today freezes guests for a snapshot."""
    call.db.get("VM", vm)
    raise Failure("VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", vm)


@verb("VM.copy_bios_strings")
async def copy_bios_strings(call: Call, vm: str, host: str) -> None:
    """Show a guest its host's BIOS, once."""
    if call.db.get("VM", vm)["bios_strings"]:
        raise Failure("VM_BIOS_STRINGS_ALREADY_SET")
    call.db.put("VM", vm, bios_strings=call.db.get("host", host)["bios_strings"])


@verb("VM.restart_device_models")
async def restart_device_models(call: Call, vm: str) -> None:
    """Migrate a running HVM guest to its own host."""
    async with (
        call.marking("VM", vm, "pool_migrate"),
        holding.receiving_host(call, call.db.get("VM", vm)["resident_on"], "vm_migrate"),
    ):
        await call.work("VM.restart_device_models")


@verb("VM.get_data_sources")
async def get_data_sources(call: Call, vm: str) -> list[Record]:
    """List no data sources: performance is not simulated."""
    call.db.get("VM", vm)
    return []


@verb("VM.retrieve_wlb_recommendations")
async def retrieve_wlb_recommendations(call: Call, vm: str) -> dict[str, list[str]]:
    """Refuse: no workload balancing server is configured."""
    call.db.get("VM", vm)
    raise Failure("WLB_NOT_INITIALIZED")
