"""Requests to a guest: to shut down, to reboot, to suspend; a rule may let it refuse."""

from simulator.call import Call
from simulator.errors import Failure
from simulator.guest_rules import GuestRule

ACKNOWLEDGE = "guest.acknowledge"
SHUTDOWN = "guest.shutdown"


async def shut_down(call: Call, vm: str, method: str) -> None:
    """Wait as long as a clean shutdown or reboot takes, or fail by the guest's rule."""
    match _rule(call, vm).shutdown:
        case "unacknowledged":
            await call.running.sleep(call.pool.duration(ACKNOWLEDGE))
            raise Failure("VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT", vm)
        case "never":
            timeout = call.pool.duration(SHUTDOWN)
            await call.running.sleep(timeout)
            raise Failure("VM_SHUTDOWN_TIMEOUT", vm, _ocaml_float(timeout))
        case _:
            await call.work(method)


async def suspend(call: Call, vm: str) -> None:
    """Wait as long as a suspend takes, or fail by the guest's rule."""
    if _rule(call, vm).suspend == "unacknowledged":
        await call.running.sleep(call.pool.duration(ACKNOWLEDGE), cancellable=False)
        raise Failure("VM_FAILED_SUSPEND_ACKNOWLEDGMENT", vm)
    await call.work("VM.suspend", cancellable=False)


def _rule(call: Call, vm: str) -> GuestRule:
    return call.pool.guest_rules.of(call.db.get("VM", vm))


def _ocaml_float(value: float) -> str:
    text = f"{value:.12g}"
    return text if "." in text else f"{text}."
