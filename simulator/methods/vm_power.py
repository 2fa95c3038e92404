"""Methods of a VM that move it between Halted, Running and Paused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulator import bios, domains, failover, guest_requests, images, locks, placement, vm_messages
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules import vm as vm_rules
from simulator.rules.view import View

_ENDED_BY_SHUTDOWN = frozenset(
    {
        *("clean_shutdown", "clean_reboot", "hard_reboot", "pool_migrate", "suspend"),
        *("call_plugin", "shutdown"),
    }
)
_ENDED_BY_REBOOT = frozenset({"clean_shutdown", "clean_reboot", "pool_migrate", "suspend"})


@method("VM.start")
async def start(call: Call, vm: str, start_paused: bool, _force: bool) -> None:
    """Boot a halted VM on the best suited host."""
    failover.assert_admits(call.db, vm)
    async with locks.vm_and_devices(call, vm, "start"):
        host = placement.choose(call.db, vm)
        await _boot(call, vm, host, "VM.start", paused=start_paused)


@method("VM.start_on")
async def start_on(call: Call, vm: str, host: str, start_paused: bool, _force: bool) -> None:
    """Boot a halted VM on a given host."""
    call.db.get("VM", vm)
    placement.assert_not_evacuating(call.db, host)
    failover.assert_admits(call.db, vm)
    async with locks.vm_and_devices(call, vm, "start_on"):
        placement.assert_can_boot(call.db, vm, host)
        await _boot(call, vm, host, "VM.start_on", paused=start_paused)


@method("VM.clean_shutdown")
async def clean_shutdown(call: Call, vm: str) -> None:
    """Shut the guest down cleanly."""
    async with call.current_operation("VM", vm, "clean_shutdown"):
        await guest_requests.shut_down(call, vm, "VM.clean_shutdown")
        _halt(call, vm)


@method("VM.shutdown")
async def shutdown(call: Call, vm: str) -> None:
    """Shut the guest down cleanly, or by force where that is impossible."""
    async with call.current_operation("VM", vm, "shutdown"):
        if not await _shuts_down_cleanly(call, vm):
            await call.work("VM.hard_shutdown")
        _halt(call, vm)


@method("VM.hard_shutdown")
async def hard_shutdown(call: Call, vm: str) -> None:
    """Stop a VM by force; cancel its other operations first."""
    async with call.current_operation("VM", vm, "hard_shutdown"):
        await _end_others(call, vm, _ENDED_BY_SHUTDOWN)
        await call.work("VM.hard_shutdown")
        _halt(call, vm, "shutdown forcibly")


@method("VM.clean_reboot")
async def clean_reboot(call: Call, vm: str) -> None:
    """Reboot the guest cleanly."""
    async with locks.vm_and_devices(call, vm, "clean_reboot"):
        await guest_requests.shut_down(call, vm, "VM.clean_reboot")
        domains.reboot(call.pool, vm)
        vm_messages.add(call, vm, "VM_REBOOTED", "rebooted cleanly")


@method("VM.hard_reboot")
async def hard_reboot(call: Call, vm: str) -> None:
    """Reset a VM; cancel its other operations first."""
    async with call.current_operation("VM", vm, "hard_reboot"):
        await _end_others(call, vm, _ENDED_BY_REBOOT)
        async with locks.devices(call, vm):
            await _reset(call, vm)
        vm_messages.add(call, vm, "VM_REBOOTED", "rebooted forcibly")


@method("VM.pause")
async def pause(call: Call, vm: str) -> None:
    """Pause a running VM."""
    async with call.current_operation("VM", vm, "pause"):
        await call.work("VM.pause")
        call.db.put("VM", vm, power_state="Paused")
        vm_messages.add(call, vm, "VM_PAUSED", "paused")


@method("VM.unpause")
async def unpause(call: Call, vm: str) -> None:
    """Unpause a VM."""
    async with call.current_operation("VM", vm, "unpause"):
        await call.work("VM.unpause")
        call.db.put("VM", vm, power_state="Running")
        vm_messages.add(call, vm, "VM_UNPAUSED", "unpaused")


@method("VM.power_state_reset")
async def power_state_reset(call: Call, vm: str) -> None:
    """Set a VM to Halted whose host is lost."""
    _assert_domain_lost(call, vm)
    async with call.current_operation("VM", vm, "power_state_reset"):
        images.forget(call.db, vm)
        domains.halt(call.pool, vm)


def _assert_domain_lost(call: Call, vm: str) -> None:
    record = call.db.get("VM", vm)
    if record["is_control_domain"]:
        raise Failure("CANNOT_RESET_CONTROL_DOMAIN", vm)
    host, state = record["resident_on"], record["power_state"]
    if host == call.pool.coordinator:
        if state == "Running":
            raise Failure("DOMAIN_EXISTS", vm)
    elif state != "Suspended" and call.db.exists("host", host) and placement.is_live(call.db, host):
        raise Failure("HOST_IS_LIVE", host)


@asynccontextmanager
async def reserved(call: Call, vm: str, host: str) -> AsyncIterator[None]:
    """Reserve a host for a VM; release it on failure."""
    domains.prepare(call.pool, vm, host)
    call.running.forward(host)
    try:
        yield
    except BaseException:
        domains.abandon(call.pool, vm, host)
        raise


def assert_running(call: Call, vm: str) -> None:
    """Refuse a VM that does not run."""
    state = call.db.get("VM", vm)["power_state"]
    if state != "Running":
        raise Failure("VM_BAD_POWER_STATE", vm, "running", state.lower())


async def _reset(call: Call, vm: str) -> None:
    """Assign a new domain to a VM, whatever became of it while other operations were cancelled."""
    match call.db.get("VM", vm)["power_state"]:
        case "Suspended":
            raise Failure("VM_BAD_POWER_STATE", vm, "running", "suspended")
        case "Halted":
            await _boot(call, vm, placement.choose(call.db, vm), "VM.start", paused=False)
        case _:
            await call.work("VM.hard_reboot")
            domains.reboot(call.pool, vm)


async def _boot(call: Call, vm: str, host: str, work: str, *, paused: bool) -> None:
    bios.fill_in(call.db, vm)
    async with reserved(call, vm, host):
        domains.forget_guest(call.db, vm)
        await call.work(work)
        domains.bring_up(call.pool, vm, host, paused=paused)
    failover.protect(call.db, vm, wanted=True)
    vm_messages.add_on_host(call, vm, "VM_STARTED", "started")


def _halt(call: Call, vm: str, event: str = "shutdown") -> None:
    if call.db.get("VM", vm)["power_state"] == "Halted":
        return
    images.drop(call.db, vm)
    domains.halt(call.pool, vm)
    failover.protect(call.db, vm, wanted=False)
    vm_messages.add(call, vm, "VM_SHUTDOWN", event)


async def _shuts_down_cleanly(call: Call, vm: str) -> bool:
    """Shut the guest down cleanly; return whether that succeeded."""
    view = View(call.db, "VM", vm, call.db.get("VM", vm))
    if view.record["power_state"] != "Running" or vm_rules.guest_refusal(view, "clean_shutdown"):
        return False
    try:
        await guest_requests.shut_down(call, vm, "VM.clean_shutdown")
    except Failure:
        call.running.check()
        return False
    return True


async def _end_others(call: Call, vm: str, operations: frozenset[str]) -> None:
    doing = dict(call.db.get("VM", vm)["current_operations"])
    for task, operation in doing.items():
        if task != call.task and operation in operations:
            await call.pool.tasks.stop(task, by=call.task)
