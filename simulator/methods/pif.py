"""Methods of PIFs and VLANs (xapi_pif.ml, xapi_vlan.ml, xapi_pool.ml)."""

import ipaddress
import itertools

from simulator import placement
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.view import records
from simulator.tables import NULL, Record

_TAGS = range(4095)
_SHARED_MAC = "fe:ff:ff:ff:ff:ff"


@method("PIF.plug")
async def plug(call: Call, pif: str) -> None:
    """Plug an interface."""
    if call.db.exists("Bond", call.db.get("PIF", pif)["bond_slave_of"]):
        raise Failure("CANNOT_PLUG_BOND_SLAVE", pif)
    await call.work("PIF.plug")
    call.db.put("PIF", pif, currently_attached=True)


@method("PIF.unplug")
async def unplug(call: Call, pif: str) -> None:
    """Take an unused interface down."""
    _assert_idle(call, pif)
    if call.db.get("PIF", pif)["disallow_unplug"]:
        raise Failure("PIF_DOES_NOT_ALLOW_UNPLUG", pif)
    await call.work("PIF.unplug")
    call.db.put("PIF", pif, currently_attached=False)


@method("PIF.reconfigure_ip")
async def reconfigure_ip(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call, pif: str, mode: str, ip: str, netmask: str, gateway: str, dns: str
) -> None:
    """Set the address of an interface; that of the management interface cannot go."""
    record = call.db.get("PIF", pif)
    for name, value in (("IP", ip), ("netmask", netmask), ("gateway", gateway)):
        needed = mode == "Static" and name != "gateway"
        if (value or needed) and not _is_address(value):
            raise Failure("INVALID_IP_ADDRESS_SPECIFIED", name)
    if record["management"] and mode == "None" and record["primary_address_type"] == "IPv4":
        raise Failure("PIF_IS_MANAGEMENT_INTERFACE", pif)
    named = {"DNS": dns} if dns else {}
    address = {"IP": ip, "netmask": netmask, "gateway": gateway, **named}
    call.db.put("PIF", pif, ip_configuration_mode=mode, **address)


@method("PIF.scan")
async def scan(call: Call, host: str) -> None:
    """Scan for new interfaces: a simulated host has no new ones."""
    call.db.get("host", host)
    await call.work("PIF.scan")


@method("VLAN.create")
async def create_vlan(call: Call, tagged_pif: str, tag: int, network: str) -> str:
    """Create a VLAN interface on a host."""
    _assert_vlan(call, tagged_pif, network, tag)
    await call.work("VLAN.create")
    return str(call.db.get("PIF", _tag(call, tagged_pif, network, tag))["VLAN_master_of"])


@method("VLAN.destroy")
async def destroy_vlan(call: Call, vlan: str) -> None:
    """Delete a tagged interface; its network stays."""
    tagged = call.db.get("VLAN", vlan)["untagged_PIF"]
    _assert_idle(call, tagged)
    await call.work("VLAN.destroy")
    call.db.destroy("PIF", tagged)
    call.db.destroy("VLAN", vlan)


@method("pool.create_VLAN_from_PIF")
async def create_vlan_from_pif(call: Call, pif: str, network: str, vlan: int) -> list[str]:
    """Create a VLAN interface on each live host's PIF of this network."""
    call.db.get("network", network)
    parents = _siblings(call, pif)
    for parent in parents:
        _assert_vlan(call, parent, network, vlan)
    await call.work("pool.create_VLAN_from_PIF")
    return [_tag(call, parent, network, vlan) for parent in parents]


def assert_network_free(call: Call, network: str, host: str) -> None:
    """Refuse a network that a host has an interface on already."""
    for ref, pif in records(call.db, "PIF", call.db.get("network", network)["PIFs"]):
        if pif["host"] == host:
            raise Failure("NETWORK_ALREADY_CONNECTED", host, ref)


def free_device(call: Call, host: str, prefix: str) -> str:
    """Return the first name with this prefix that no interface of a host has."""
    taken = {call.db.get("PIF", ref)["device"] for ref in call.db.get("host", host)["PIFs"]}
    names = (f"{prefix}{number}" for number in itertools.count())
    return next(name for name in names if name not in taken)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _siblings(call: Call, pif: str) -> list[str]:
    """Return the interfaces of live hosts on the same network as this one, of the same kind."""
    on_network = call.db.get("network", call.db.get("PIF", pif)["network"])["PIFs"]
    return [
        ref
        for ref, each in records(call.db, "PIF", on_network)
        if placement.is_live(call.db, each["host"])
    ]


def _assert_vlan(call: Call, pif: str, network: str, tag: int) -> None:
    record = call.db.get("PIF", pif)
    assert_network_free(call, network, record["host"])
    if call.db.exists("Bond", record["bond_slave_of"]):
        raise Failure("CANNOT_ADD_VLAN_TO_BOND_SLAVE", pif)
    if record["VLAN"] >= 0:
        raise Failure("PIF_IS_VLAN", pif)
    if tag not in _TAGS:
        raise Failure("VLAN_TAG_INVALID", tag)
    if tag in _tags(call, record):
        raise Failure("PIF_VLAN_EXISTS", record["device"])


def _tags(call: Call, pif: Record) -> set[int]:
    return {vlan["tag"] for _, vlan in records(call.db, "VLAN", pif["VLAN_slave_of"])}


def _tag(call: Call, parent: str, network: str, tag: int) -> str:
    record = call.db.get("PIF", parent)
    pif = call.db.create(
        "PIF",
        device=record["device"],
        network=network,
        host=record["host"],
        MAC=_SHARED_MAC,
        MTU=record["MTU"],
        VLAN=tag,
        metrics=record["metrics"],
        physical=False,
        currently_attached=True,
    )
    vlan = call.db.create("VLAN", tagged_PIF=parent, untagged_PIF=pif, tag=tag)
    call.db.put("PIF", pif, VLAN_master_of=vlan)
    return pif


def _assert_idle(call: Call, pif: str) -> None:
    record = call.db.get("PIF", pif)
    if record["management"] and record["currently_attached"]:
        raise Failure("PIF_IS_MANAGEMENT_INTERFACE", pif)
    network = record["network"]
    vifs = call.db.get("network", network)["VIFs"] if call.db.exists("network", network) else []
    for ref, vif in records(call.db, "VIF", vifs):
        here = call.db.get("VM", vif["VM"])["resident_on"] == record["host"]
        if vif["currently_attached"] and here and record["host"] != NULL:
            raise Failure("VIF_IN_USE", network, ref)
