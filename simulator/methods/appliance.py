"""Appliances: VMs that start and stop together, in order (ocaml/xapi/xapi_vm_appliance.ml)."""

import itertools
from collections.abc import Iterator

from simulator import subtasks
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import Method, method, vm_power
from simulator.rules.view import records


@method("VM_appliance.start")
async def start(call: Call, appliance: str, paused: bool) -> None:
    """Start the halted VMs of an appliance."""
    async with call.current_operation("VM_appliance", appliance, "start"):
        for vm in itertools.chain.from_iterable(_in_order(call, appliance)):
            if call.db.get("VM", vm)["power_state"] == "Halted":
                await _part(call, "VM.start", vm_power.start, vm, paused, False)  # noqa: FBT003 - in wire order


@method("VM_appliance.clean_shutdown")
async def clean_shutdown(call: Call, appliance: str) -> None:
    """Shut the running VMs of an appliance down cleanly."""
    await _stop(call, appliance, "clean_shutdown", vm_power.clean_shutdown)


@method("VM_appliance.hard_shutdown")
async def hard_shutdown(call: Call, appliance: str) -> None:
    """Stop the running VMs of an appliance by force."""
    await _stop(call, appliance, "hard_shutdown", vm_power.hard_shutdown)


@method("VM_appliance.shutdown")
async def shutdown(call: Call, appliance: str) -> None:
    """Shut the running VMs of an appliance down, by force where that is necessary."""
    await _stop(call, appliance, "shutdown", vm_power.shutdown)


async def _stop(call: Call, appliance: str, op: str, stop: Method) -> None:
    async with call.current_operation("VM_appliance", appliance, op):
        ordered = reversed(list(_in_order(call, appliance)))
        for vm in itertools.chain.from_iterable(ordered):
            if call.db.get("VM", vm)["power_state"] != "Halted":
                await _part(call, f"VM.{op}", stop, vm)


async def _part(call: Call, name: str, step: Method, *args: object) -> None:
    try:
        async with subtasks.run(call, name) as part:
            await step(part, *args)
    except Failure as failure:
        call.running.check()
        raise Failure("OPERATION_PARTIALLY_FAILED", name) from failure


def _in_order(call: Call, appliance: str) -> Iterator[list[str]]:
    vms = list(records(call.db, "VM", call.db.get("VM_appliance", appliance)["VMs"]))
    vms.sort(key=lambda pair: int(pair[1]["order"]))
    for _, group in itertools.groupby(vms, key=lambda pair: pair[1]["order"]):
        yield [ref for ref, _ in group]
