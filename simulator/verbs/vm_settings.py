"""Verbs that change a VM's memory, processors and boot settings."""

from simulator import gates, memory, placement
from simulator.call import Call
from simulator.errors import Failure
from simulator.verbs import verb


@verb("VM.set_memory")
async def set_memory(call: Call, vm: str, value: int) -> None:
    """Give a halted VM this much memory, no more and no less."""
    low = min(call.db.get("VM", vm)["memory_static_min"], value)
    await set_memory_limits(call, vm, low, value, value, value)


@verb("VM.set_memory_limits")
async def set_memory_limits(  # noqa: PLR0913, PLR0917  # in wire order
    call: Call, vm: str, static_min: int, static_max: int, dynamic_min: int, dynamic_max: int
) -> None:
    """Set all four limits of a halted VM's memory."""
    async with call.marking("VM", vm, "changing_memory_limits"):
        _set(
            call,
            vm,
            memory_static_min=static_min,
            memory_static_max=static_max,
            memory_dynamic_min=dynamic_min,
            memory_dynamic_max=dynamic_max,
        )


@verb("VM.set_memory_static_range")
async def set_memory_static_range(call: Call, vm: str, low: int, high: int) -> None:
    """Set what a halted VM's memory may ever be."""
    async with call.marking("VM", vm, "changing_static_range"):
        _set(call, vm, memory_static_min=low, memory_static_max=high)


@verb("VM.set_memory_static_min")
async def set_memory_static_min(call: Call, vm: str, value: int) -> None:
    """Set the least that a halted VM's memory may ever be."""
    async with call.marking("VM", vm, "changing_static_range"):
        _set(call, vm, memory_static_min=value)


@verb("VM.set_memory_static_max")
async def set_memory_static_max(call: Call, vm: str, value: int) -> None:
    """Set the most that a halted VM's memory may ever be."""
    async with call.marking("VM", vm, "changing_static_range"):
        _set(call, vm, memory_static_max=value)


@verb("VM.set_memory_dynamic_range")
async def set_memory_dynamic_range(call: Call, vm: str, low: int, high: int) -> None:
    """Set between what a VM's memory may move, while it runs too."""
    async with call.marking("VM", vm, "changing_dynamic_range"):
        _set(call, vm, memory_dynamic_min=low, memory_dynamic_max=high)
        _resize_domain(call, vm)


@verb("VM.set_memory_dynamic_min")
async def set_memory_dynamic_min(call: Call, vm: str, value: int) -> None:
    """Set the least that a VM's memory may shrink to, while it runs too."""
    high = call.db.get("VM", vm)["memory_dynamic_max"]
    await set_memory_dynamic_range(call, vm, value, high)


@verb("VM.set_memory_dynamic_max")
async def set_memory_dynamic_max(call: Call, vm: str, value: int) -> None:
    """Set the most that a VM's memory may grow to, while it runs too."""
    low = call.db.get("VM", vm)["memory_dynamic_min"]
    await set_memory_dynamic_range(call, vm, low, value)


@verb("VM.compute_memory_overhead")
async def compute_memory_overhead(call: Call, vm: str) -> int:
    """Tell how much memory a VM takes beside its guest's."""
    return memory.overhead(call.db.get("VM", vm))


@verb("VM.set_VCPUs_max")
async def set_vcpus_max(call: Call, vm: str, value: int) -> None:
    """Set how many processors a halted VM may have."""
    async with call.marking("VM", vm, "changing_VCPUs"):
        _assert_vcpus(call.db.get("VM", vm)["VCPUs_at_startup"], value, value)
        call.db.put("VM", vm, VCPUs_max=value)


@verb("VM.set_VCPUs_at_startup")
async def set_vcpus_at_startup(call: Call, vm: str, value: int) -> None:
    """Set with how many processors a VM starts next time."""
    _assert_vcpus(value, call.db.get("VM", vm)["VCPUs_max"], value)
    call.db.put("VM", vm, VCPUs_at_startup=value)


@verb("VM.set_VCPUs_number_live")
async def set_vcpus_number_live(call: Call, vm: str, nvcpu: int) -> None:
    """Give a running VM another number of processors."""
    async with call.marking("VM", vm, "changing_VCPUs_live"):
        record = call.db.get("VM", vm)
        _assert_vcpus(nvcpu, record["VCPUs_max"], nvcpu)
        call.db.put("VM_metrics", record["metrics"], VCPUs_number=nvcpu)
        call.db.put("VM", vm, VCPUs_at_startup=nvcpu)


@verb("VM.set_HVM_boot_policy")
async def set_hvm_boot_policy(call: Call, vm: str, value: str) -> None:
    """Choose between HVM, by any boot policy, and PV, by none."""
    call.db.put("VM", vm, HVM_boot_policy=value, domain_type="hvm" if value else "pv")


@verb("VM.set_domain_type")
async def set_domain_type(call: Call, vm: str, value: str) -> None:
    """Choose what kind of domain a VM boots as."""
    policy = call.db.get("VM", vm)["HVM_boot_policy"] or "BIOS order"
    call.db.put("VM", vm, domain_type=value, HVM_boot_policy=policy if value == "hvm" else "")


@verb("VM.update_allowed_operations")
async def update_allowed_operations(call: Call, vm: str) -> None:
    """Compute anew what a VM admits."""
    call.refresh([("VM", vm, "")])


@verb("VM.assert_operation_valid")
async def assert_operation_valid(call: Call, vm: str, op: str) -> None:
    """Refuse what a VM does not admit now."""
    gates.check(call.db, "VM", vm, op)


def _set(call: Call, vm: str, **limits: int) -> None:
    wanted = {**call.db.get("VM", vm), **limits}
    if not placement.is_ordered(wanted):
        raise Failure("MEMORY_CONSTRAINT_VIOLATION_ORDER")
    live = call.db.get("VM", vm)["power_state"] in {"Running", "Paused"}
    kept = {} if live else {"memory_overhead": memory.overhead(wanted)}
    call.db.put("VM", vm, **limits, **kept)


def _resize_domain(call: Call, vm: str) -> None:
    """Let a running VM's share of its host's memory follow its limits."""
    record = call.db.get("VM", vm)
    if call.db.exists("host", record["resident_on"]):
        memory.release(call.db, vm, record["resident_on"])
        memory.reserve(call.db, vm, record["resident_on"])


def _assert_vcpus(first: int, most: int, offending: int) -> None:
    if not 0 < first <= most:
        text = "VCPU values must satisfy: 0 < VCPUs_at_startup ≤ VCPUs_max"
        raise Failure("INVALID_VALUE", text, offending)
