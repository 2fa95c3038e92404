"""Methods of tunnels and of the controller of virtual switches (xapi_tunnel.ml)."""

import ipaddress

from simulator import slots
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.methods.pif import assert_network_free, free_device
from simulator.tables import NULL

_PORTS = range(1, 65536)
_DEFAULT_PORT = 6632
_CONFIGURED = "SDN controller has been configured. Please forget it first."


@method("tunnel.create")
async def create(call: Call, transport: str, network: str, protocol: str = "gre") -> str:
    """Create a tunnel interface on a network, whose traffic goes over another interface."""
    carrier = call.db.get("PIF", transport)
    if carrier["bond_slave_of"] != NULL:
        raise Failure("CANNOT_ADD_TUNNEL_TO_BOND_SLAVE", transport)
    assert_network_free(call, network, carrier["host"])
    if carrier["tunnel_access_PIF_of"]:
        raise Failure("IS_TUNNEL_ACCESS_PIF", transport)
    if carrier["ip_configuration_mode"] == "None":
        raise Failure("TRANSPORT_PIF_NOT_CONFIGURED", transport)
    await call.work("tunnel.create")
    access = _access(call, transport, network)
    status = {"active": "true"}
    ends = {"access_PIF": access, "transport_PIF": transport}
    return call.db.create("tunnel", ends, protocol=protocol, status=status)


@method("tunnel.destroy")
async def destroy(call: Call, tunnel: str) -> None:
    """Delete a tunnel and its interface."""
    access = call.db.get("tunnel", tunnel)["access_PIF"]
    await call.work("tunnel.destroy")
    call.db.destroy("PIF", access)
    call.db.destroy("tunnel", tunnel)


@method("SDN_controller.introduce")
async def introduce(call: Call, protocol: str, address: str, port: int) -> str:
    """Set the controller of all virtual switches."""
    if call.db.refs("SDN_controller"):
        raise Failure("OPERATION_NOT_ALLOWED", _CONFIGURED)
    if protocol == "pssl":
        _assert_unset("address", address)
        _assert_unset("port", port)
    elif not address:
        raise Failure("INVALID_VALUE", "address", address)
    else:
        _assert_ipv4(address)
    if port and port not in _PORTS:
        raise Failure("VALUE_NOT_SUPPORTED", "port", port, "Port out of range")
    chosen = _DEFAULT_PORT if protocol == "ssl" and not port else port
    return call.db.create("SDN_controller", protocol=protocol, address=address, port=chosen)


@method("SDN_controller.forget")
async def forget(call: Call, controller: str) -> None:
    """Let virtual switches do without a controller."""
    call.db.destroy("SDN_controller", controller)


@method("pool.set_vswitch_controller")
async def set_vswitch_controller(call: Call, address: str) -> None:
    """Set the controller of all virtual switches, or none, as older clients do."""
    for controller in call.db.refs("SDN_controller"):
        call.db.destroy("SDN_controller", controller)
    if address:
        await introduce(call, "ssl", address, 0)
    call.db.put("pool", call.db.refs("pool")[0], vswitch_controller=address)


def _access(call: Call, transport: str, network: str) -> str:
    carrier = call.db.get("PIF", transport)
    device = free_device(call, carrier["host"], "tunnel")
    return call.db.create(
        "PIF",
        device=device,
        network=network,
        host=carrier["host"],
        MAC=slots.mac(call.db.new_uuid(), device),
        MTU=call.db.get("network", network)["MTU"],
        VLAN=-1,
        metrics=carrier["metrics"],
        physical=False,
        currently_attached=True,
    )


def _assert_unset(name: str, value: object) -> None:
    if value:
        raise Failure("INVALID_VALUE", name, value)


def _assert_ipv4(text: str) -> None:
    try:
        ipaddress.IPv4Address(text)
    except ValueError as error:
        raise Failure("INVALID_IP_ADDRESS_SPECIFIED", "address") from error
