"""Methods that create, delete and configure PIFs (ocaml/xapi/xapi_pif.ml)."""

import ipaddress
from typing import Any

from simulator import slots
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.methods.pif import create_vlan, destroy_vlan
from simulator.rules.view import records
from simulator.tables import NULL

_PROPERTIES = {"gro": ("on", "off")}
_INTRODUCED = (
    *("device", "network", "host", "MAC", "MTU", "VLAN", "physical", "ip_configuration_mode"),
    *("IP", "netmask", "gateway", "DNS", "bond_slave_of", "VLAN_master_of", "management"),
    *("other_config", "disallow_unplug", "ipv6_configuration_mode", "IPv6", "ipv6_gateway"),
    *("primary_address_type", "managed", "properties"),
)


@method("PIF.introduce")
async def introduce(
    call: Call,
    host: str,
    mac: str,
    device: str,
    managed: bool = True,  # noqa: FBT002 - in wire order
) -> str:
    """Create the record of a network card, on a network of its own."""
    call.db.get("host", host)
    if not slots.is_mac(mac):
        raise Failure("MAC_INVALID", mac)
    if call.db.where("PIF", host=host, device=device, VLAN=-1):
        raise Failure("DUPLICATE_PIF_DEVICE_NAME", device)
    bridge = f"xenbr{device.removeprefix('eth')}"
    label = f"Pool-wide network associated with {device}"
    known = call.db.where("network", bridge=bridge)
    network = known[0] if known else call.db.create("network", name_label=label, bridge=bridge)
    return call.db.create(
        "PIF",
        device=device,
        network=network,
        host=host,
        MAC=mac.lower(),
        MTU=call.db.get("network", network)["MTU"],
        VLAN=-1,
        physical=True,
        currently_attached=False,
        managed=managed,
        metrics=call.db.create("PIF_metrics"),
    )


@method("PIF.forget")
async def forget(call: Call, pif: str) -> None:
    """Delete the record of a network card."""
    record = call.db.get("PIF", pif)
    if call.db.exists("Bond", record["bond_slave_of"]) or record["bond_master_of"]:
        raise Failure("PIF_ALREADY_BONDED", pif)
    if record["VLAN_slave_of"] or record["VLAN"] >= 0:
        raise Failure("PIF_VLAN_STILL_EXISTS", pif)
    if record["tunnel_transport_PIF_of"] or record["tunnel_access_PIF_of"]:
        raise Failure("PIF_TUNNEL_STILL_EXISTS", pif)
    member = record["host"] != call.pool.coordinator
    if member and record["management"] and record["currently_attached"]:
        raise Failure("PIF_IS_MANAGEMENT_INTERFACE", pif)
    call.db.destroy("PIF", pif)


@method("PIF.db_forget")
async def db_forget(call: Call, pif: str) -> None:
    """Delete the record and nothing else."""
    call.db.destroy("PIF", pif)


@method("PIF.db_introduce")
async def db_introduce(call: Call, *values: Any) -> str:  # noqa: ANN401 - wire values
    """Create a record from all its fields."""
    fields = dict(zip(_INTRODUCED, values, strict=True))
    return call.db.create("PIF", fields, metrics=call.db.create("PIF_metrics"))


@method("PIF.pool_introduce")
async def pool_introduce(call: Call, *values: Any) -> str:  # noqa: ANN401 - wire values
    """Create a record from all its fields."""
    return await db_introduce(call, *values)


@method("VLAN.pool_introduce")
async def introduce_vlan(
    call: Call, tagged_pif: str, untagged_pif: str, tag: int, other_config: dict[str, str]
) -> str:
    """Create a record from all its fields."""
    ends = {"tagged_PIF": tagged_pif, "untagged_PIF": untagged_pif}
    return call.db.create("VLAN", ends, tag=tag, other_config=other_config)


@method("PIF.create_VLAN")
async def create_vlan_on_device(call: Call, device: str, network: str, host: str, vlan: int) -> str:
    """Create a VLAN interface on the card of this name; return the interface."""
    call.db.get("host", host)
    cards = call.db.where("PIF", host=host, device=device, VLAN=-1)
    if not cards:
        raise Failure("INVALID_VALUE", "device", device)
    made = await create_vlan(call, cards[0], vlan, network)
    return str(call.db.get("VLAN", made)["untagged_PIF"])


@method("PIF.destroy")
async def destroy(call: Call, pif: str) -> None:
    """Delete a VLAN interface."""
    vlan = call.db.get("PIF", pif)["VLAN_master_of"]
    if not call.db.exists("VLAN", vlan):
        raise Failure("PIF_IS_PHYSICAL")
    await destroy_vlan(call, vlan)


@method("PIF.reconfigure_ipv6")
async def reconfigure_ipv6(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call, pif: str, mode: str, ipv6: str, gateway: str, dns: str
) -> None:
    """Set the IPv6 address of an interface."""
    call.db.get("PIF", pif)
    if mode == "Static":
        _assert_ipv6(ipv6.partition("/")[0], "IPv6")
    if gateway:
        _assert_ipv6(gateway, "gateway")
    addresses = [ipv6] if mode == "Static" else []
    call.db.put(
        "PIF", pif, ipv6_configuration_mode=mode, IPv6=addresses, ipv6_gateway=gateway, DNS=dns
    )


@method("PIF.set_property")
async def set_property(call: Call, pif: str, name: str, value: str) -> None:
    """Set a property of an interface, and of its VLANs."""
    record = call.db.get("PIF", pif)
    if value not in _PROPERTIES.get(name, ()):
        raise Failure("INVALID_VALUE", "properties", f"{name} = {value}")
    if record["VLAN_master_of"] != NULL:
        raise Failure("CANNOT_CHANGE_PIF_PROPERTIES", pif)
    tagged = [vlan["untagged_PIF"] for _, vlan in records(call.db, "VLAN", record["VLAN_slave_of"])]
    for each in (pif, *tagged):
        call.db.put_key("PIF", each, "properties", name, value)


@method("PIF.set_primary_address_type")
async def set_primary_address_type(call: Call, pif: str, kind: str) -> None:
    """Set which address of an interface counts; that of the management interface is fixed."""
    if call.db.get("PIF", pif)["management"]:
        raise Failure("PIF_IS_MANAGEMENT_INTERFACE", pif)
    call.db.put("PIF", pif, primary_address_type=kind)


def _assert_ipv6(text: str, field: str) -> None:
    try:
        ipaddress.IPv6Address(text)
    except ValueError as error:
        raise Failure("INVALID_IP_ADDRESS_SPECIFIED", field) from error
