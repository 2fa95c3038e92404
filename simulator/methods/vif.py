"""Methods of VIFs (ocaml/xapi/xapi_vif.ml)."""

from typing import Any

from simulator import guests, machines, placement, slots
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.view import records
from simulator.tables import Record


@method("VIF.create")
async def create(call: Call, args: dict[str, Any]) -> str:
    """Create an interface without plugging it; a MAC may be used twice."""
    vm = call.db.get("VM", args["VM"])
    call.db.get("network", args["network"])
    if not args["device"].isdecimal():
        raise Failure("INVALID_DEVICE", args["device"])
    _assert_mac(call, args)
    _assert_free(call, args)
    suspended = vm["power_state"] == "Suspended"
    attached = args.get("currently_attached", False) and suspended
    return machines.new_vif(call.pool, {**args, "currently_attached": attached})


@method("VIF.destroy")
async def destroy(call: Call, vif: str) -> None:
    """Delete a detached interface."""
    record = call.db.get("VIF", vif)
    live = call.db.get("VM", record["VM"])["power_state"] in {"Running", "Paused"}
    if record["currently_attached"] and live:
        raise Failure("OPERATION_NOT_ALLOWED", "VIF currently attached to a running VM")
    machines.drop_device(call.db, "VIF", vif)


@method("VIF.plug")
async def plug(call: Call, vif: str) -> None:
    """Attach an interface to a running guest."""
    async with call.current_operation("VIF", vif, "plug"):
        _assert_reachable(call, vif, call.db.get("VIF", vif)["network"])
        await call.work("VIF.plug")
        _attach(call, vif, attached=True)


@method("VIF.unplug")
async def unplug(call: Call, vif: str) -> None:
    """Detach an interface from a running guest."""
    async with call.current_operation("VIF", vif, "unplug"):
        await call.work("VIF.unplug")
        _attach(call, vif, attached=False)


@method("VIF.unplug_force")
async def unplug_force(call: Call, vif: str) -> None:
    """Detach an interface from a running guest by force."""
    await unplug(call, vif)


@method("VIF.move")
async def move(call: Call, vif: str, network: str) -> None:
    """Move an interface to another network, in a running guest too."""
    call.db.get("network", network)
    _assert_reachable(call, vif, network)
    await call.work("VIF.move")
    call.db.put("VIF", vif, network=network)
    guests.renumber(call.pool, call.db.get("VIF", vif)["VM"])


def _assert_free(call: Call, args: Record) -> None:
    device = args["device"]
    present = records(call.db, "VIF", call.db.get("VM", args["VM"])["VIFs"])
    if any(int(vif["device"]) == int(device) for _, vif in present):
        raise Failure("DEVICE_ALREADY_EXISTS", device)


def _assert_mac(call: Call, args: Record) -> None:
    mac = args["MAC"]
    generated = mac == "" and machines.mac_seed(call.db, args["VM"]) is not None
    if not generated and not slots.is_mac(mac):
        raise Failure("MAC_INVALID", mac)


def _assert_reachable(call: Call, vif: str, network: str) -> None:
    host = call.db.get("VM", call.db.get("VIF", vif)["VM"])["resident_on"]
    if call.db.exists("host", host) and not placement.sees_network(call.db, host, network):
        raise Failure("HOST_CANNOT_ATTACH_NETWORK", host, network)


def _attach(call: Call, vif: str, *, attached: bool) -> None:
    call.db.put("VIF", vif, currently_attached=attached)
    guests.renumber(call.pool, call.db.get("VIF", vif)["VM"])
