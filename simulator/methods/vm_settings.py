"""Methods that change a VM's memory, processors and boot settings."""

from simulator import memory, placement, preconditions
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method


@method("VM.set_memory")
async def set_memory(call: Call, vm: str, value: int) -> None:
    """Set the memory limits of a halted VM, except the static minimum, to one value."""
    low = call.db.get("VM", vm)["memory_static_min"]
    await set_memory_limits(call, vm, low, value, value, value)


@method("VM.set_memory_limits")
async def set_memory_limits(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call, vm: str, static_min: int, static_max: int, dynamic_min: int, dynamic_max: int
) -> None:
    """Set all four limits of a halted VM's memory."""
    async with call.current_operation("VM", vm, "changing_memory_limits"):
        _set(
            call,
            vm,
            memory_static_min=static_min,
            memory_static_max=static_max,
            memory_dynamic_min=dynamic_min,
            memory_dynamic_max=dynamic_max,
        )


@method("VM.set_memory_static_range")
async def set_memory_static_range(call: Call, vm: str, low: int, high: int) -> None:
    """Set the static memory range of a halted VM."""
    async with call.current_operation("VM", vm, "changing_static_range"):
        _set(call, vm, memory_static_min=low, memory_static_max=high)


@method("VM.set_memory_static_min")
async def set_memory_static_min(call: Call, vm: str, value: int) -> None:
    """Set the static minimum of a halted VM's memory."""
    async with call.current_operation("VM", vm, "changing_static_range"):
        _set(call, vm, memory_static_min=value)


@method("VM.set_memory_static_max")
async def set_memory_static_max(call: Call, vm: str, value: int) -> None:
    """Set the static maximum of a halted VM's memory."""
    async with call.current_operation("VM", vm, "changing_static_range"):
        _set(call, vm, memory_static_max=value)


@method("VM.set_memory_dynamic_range")
async def set_memory_dynamic_range(call: Call, vm: str, low: int, high: int) -> None:
    """Set the dynamic memory range of a VM, while it runs too."""
    async with call.current_operation("VM", vm, "changing_dynamic_range"):
        _set(call, vm, memory_dynamic_min=low, memory_dynamic_max=high)
        _resize_domain(call, vm)


@method("VM.set_memory_dynamic_min")
async def set_memory_dynamic_min(call: Call, vm: str, value: int) -> None:
    """Set the dynamic minimum of a VM's memory, while it runs too."""
    high = call.db.get("VM", vm)["memory_dynamic_max"]
    await set_memory_dynamic_range(call, vm, value, high)


@method("VM.set_memory_dynamic_max")
async def set_memory_dynamic_max(call: Call, vm: str, value: int) -> None:
    """Set the dynamic maximum of a VM's memory, while it runs too."""
    low = call.db.get("VM", vm)["memory_dynamic_min"]
    await set_memory_dynamic_range(call, vm, low, value)


@method("VM.compute_memory_overhead")
async def compute_memory_overhead(call: Call, vm: str) -> int:
    """Return the memory overhead of a VM."""
    return memory.overhead(call.db.get("VM", vm))


@method("VM.set_VCPUs_max")
async def set_vcpus_max(call: Call, vm: str, value: int) -> None:
    """Set the maximum number of VCPUs of a halted VM."""
    async with call.current_operation("VM", vm, "changing_VCPUs"):
        _assert_vcpus(call.db.get("VM", vm)["VCPUs_at_startup"], value, value)
        call.db.put("VM", vm, VCPUs_max=value)


@method("VM.set_VCPUs_at_startup")
async def set_vcpus_at_startup(call: Call, vm: str, value: int) -> None:
    """Set the number of VCPUs at the next start."""
    _assert_vcpus(value, call.db.get("VM", vm)["VCPUs_max"], value)
    call.db.put("VM", vm, VCPUs_at_startup=value)


@method("VM.set_VCPUs_number_live")
async def set_vcpus_number_live(call: Call, vm: str, nvcpu: int) -> None:
    """Set the number of VCPUs of a running VM."""
    async with call.current_operation("VM", vm, "changing_VCPUs_live"):
        record = call.db.get("VM", vm)
        _assert_vcpus(nvcpu, record["VCPUs_max"], nvcpu)
        call.db.put("VM_metrics", record["metrics"], VCPUs_number=nvcpu)
        call.db.put("VM", vm, VCPUs_at_startup=nvcpu)


@method("VM.set_HVM_boot_policy")
async def set_hvm_boot_policy(call: Call, vm: str, value: str) -> None:
    """Set the boot policy: any is HVM, none is PV."""
    call.db.put("VM", vm, HVM_boot_policy=value, domain_type="hvm" if value else "pv")


@method("VM.set_domain_type")
async def set_domain_type(call: Call, vm: str, value: str) -> None:
    """Set the domain type that a VM boots as."""
    if value == "unspecified":
        raise Failure("INVALID_VALUE", "domain_type", value)
    policy = call.db.get("VM", vm)["HVM_boot_policy"] or "BIOS order"
    call.db.put("VM", vm, domain_type=value, HVM_boot_policy=policy if value == "hvm" else "")


@method("VM.update_allowed_operations")
async def update_allowed_operations(call: Call, vm: str) -> None:
    """Recompute the allowed operations of a VM."""
    call.refresh([("VM", vm, "")])


@method("VM.assert_operation_valid")
async def assert_operation_valid(call: Call, vm: str, op: str) -> None:
    """Refuse an operation that a VM does not allow now."""
    preconditions.check(call.db, "VM", vm, op)


def _set(call: Call, vm: str, **limits: int) -> None:
    wanted = {**call.db.get("VM", vm), **limits}
    if not placement.is_ordered(wanted):
        raise Failure("MEMORY_CONSTRAINT_VIOLATION_ORDER")
    live = call.db.get("VM", vm)["power_state"] in {"Running", "Paused"}
    kept = {} if live else {"memory_overhead": memory.overhead(wanted)}
    call.db.put("VM", vm, **limits, **kept)


def _resize_domain(call: Call, vm: str) -> None:
    """Adjust the host memory of a running VM to its limits."""
    record = call.db.get("VM", vm)
    if call.db.exists("host", record["resident_on"]):
        memory.release(call.db, vm, record["resident_on"])
        memory.reserve(call.db, vm, record["resident_on"])


def _assert_vcpus(first: int, most: int, offending: int) -> None:
    if not 0 < first <= most:
        text = "VCPU values must satisfy: 0 < VCPUs_at_startup ≤ VCPUs_max"
        raise Failure("INVALID_VALUE", text, offending)
