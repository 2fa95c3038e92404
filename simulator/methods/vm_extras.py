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
    """Return the record of a VM that is not halted."""
    async with call.current_operation("VM", vm, "get_boot_record"):
        return dict(call.db.get("VM", vm))


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
    """Refuse, as the toolstack does for a VM that runs."""
    async with call.current_operation("VM", vm, "send_sysrq"):
        raise Failure("NOT_IMPLEMENTED", "send_sysrq")


@method("VM.send_trigger")
async def send_trigger(call: Call, vm: str, _trigger: str) -> None:
    """Refuse, as the toolstack does for a VM that runs."""
    async with call.current_operation("VM", vm, "send_trigger"):
        raise Failure("NOT_IMPLEMENTED", "send_trigger")


@method("VM.query_services")
async def query_services(call: Call, vm: str) -> dict[str, str]:
    """Refuse, as the toolstack does for a VM that serves others."""
    async with call.current_operation("VM", vm, "query_services"):
        raise Failure("NOT_IMPLEMENTED", "query_services")


@method("VM.call_plugin")
async def call_plugin(call: Call, vm: str, plugin: str, fn: str, _args: dict[str, str]) -> str:
    """Refuse: simulated guests carry out no commands."""
    async with call.current_operation("VM", vm, "call_plugin"):
        if plugin != "guest-agent-operation":
            raise Failure("XENAPI_MISSING_PLUGIN", plugin)
        if fn not in {"run-script", "request-rdp-on", "request-rdp-off"}:
            text = f'The requested fn "{fn}" could not be found in plugin "{plugin}".'
            raise Failure("XENAPI_PLUGIN_FAILURE", "failed to find fn", text, text)
        text = (
            f'The requested fn "{fn}" of plugin "{plugin}" could not be executed for lack of guest '
            "agent control feature."
        )
        raise Failure("XENAPI_PLUGIN_FAILURE", "failed to execute fn", text, text)


@method("VM.restart_device_models")
async def restart_device_models(call: Call, vm: str) -> None:
    """Migrate a running HVM guest to its own host."""
    async with (
        call.current_operation("VM", vm, "pool_migrate"),
        locks.receiving_host(call, call.db.get("VM", vm)["resident_on"], "vm_migrate"),
    ):
        await call.work("VM.restart_device_models")


@method("VM.retrieve_wlb_recommendations")
async def retrieve_wlb_recommendations(call: Call, vm: str) -> dict[str, list[str]]:
    """Refuse: no workload balancing server is configured."""
    call.db.get("VM", vm)
    raise Failure("WLB_NOT_INITIALIZED")
