"""VM.suspend, resume and pool_migrate."""

from simulator import (
    disks,
    domains,
    guest_requests,
    images,
    locks,
    memory,
    placement,
    preconditions,
    vm_messages,
)
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method, vm_power


@method("VM.suspend")
async def suspend(call: Call, vm: str) -> None:
    """Suspend a running VM to an image."""
    async with call.current_operation("VM", vm, "suspend"):
        image = images.create(call.pool, vm)
        try:
            await guest_requests.suspend(call, vm)
        except BaseException:
            disks.drop(call.db, image)
            raise
        domains.suspend(call.pool, vm, image)
        vm_messages.add(call, vm, "VM_SUSPENDED", "suspended")


@method("VM.resume")
async def resume(call: Call, vm: str, start_paused: bool, _force: bool) -> None:
    """Resume a suspended VM on the best suited host."""
    async with locks.vm_and_devices(call, vm, "resume", ("VBD",)):
        _assert_image(call, vm)
        await _wake(call, vm, placement.choose(call.db, vm), paused=start_paused)


@method("VM.resume_on")
async def resume_on(call: Call, vm: str, host: str, start_paused: bool, _force: bool) -> None:
    """Resume a suspended VM on a given host."""
    async with locks.vm_and_devices(call, vm, "resume_on", ("VBD",)):
        _assert_image(call, vm)
        preconditions.check(call.db, "host", host, "vm_resume")
        placement.assert_can_boot(call.db, vm, host)
        await _wake(call, vm, host, paused=start_paused)


@method("VM.pool_migrate")
async def pool_migrate(call: Call, vm: str, host: str, options: dict[str, str]) -> None:
    """Move a running VM to another host of the pool."""
    strict = options.get("force") != "true"
    if strict and call.db.get("VM", vm)["power_state"] != "Halted":
        call.db.get("host", host)
    async with call.current_operation("VM", vm, "pool_migrate", strict=strict):
        _assert_target(call, vm, host)
        async with locks.receiving_host(call, host, "vm_migrate"):
            await migrate(call, vm, host)


async def migrate(call: Call, vm: str, host: str) -> None:
    """Move a locked VM to a locked host."""
    source = call.db.get("VM", vm)["resident_on"]
    call.running.forward(source)
    memory.take(call.db, vm, host)
    try:
        await call.work("VM.pool_migrate")
    except BaseException:
        memory.give(call.db, vm, host)
        raise
    domains.move(call.pool, vm, host)
    places = (vm_messages.host_text(call.db, each) for each in (source, host))
    vm_messages.add(call, vm, "VM_MIGRATED", f"migrated from {' to '.join(places)}")


def _assert_target(call: Call, vm: str, host: str) -> None:
    """Refuse a host that a VM cannot move to; its own may be disabled."""
    record = call.db.get("VM", vm)
    if host == record["resident_on"]:
        return
    preconditions.check(call.db, "host", host, "vm_migrate")
    placement.assert_up(call.db, host)
    placement.assert_suits(call.db, vm, host)


def _assert_image(call: Call, vm: str) -> None:
    """Set a VM to Halted whose image is lost."""
    if not call.db.exists("VDI", call.db.get("VM", vm)["suspend_VDI"]):
        images.forget(call.db, vm)
        domains.halt(call.pool, vm)
        raise Failure("VM_HAS_NO_SUSPEND_VDI", "VM", vm)


async def _wake(call: Call, vm: str, host: str, *, paused: bool) -> None:
    async with (
        locks.receiving_host(call, host, "vm_resume"),
        vm_power.reserved(call, vm, host),
    ):
        await call.work("VM.resume", cancellable=False)
        images.drop(call.db, vm)
        domains.bring_up(call.pool, vm, host, paused=paused)
    vm_messages.add_on_host(call, vm, "VM_RESUMED", "resumed")
