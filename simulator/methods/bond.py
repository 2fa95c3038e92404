"""Methods of bonds: several cards of a host that act as one (ocaml/xapi/xapi_bond.ml)."""

from simulator import slots
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.methods.pif import assert_network_free, free_device
from simulator.rules.view import records
from simulator.tables import NULL, Record

_FEWEST = 2
_ADDRESS = ("ip_configuration_mode", "IP", "netmask", "gateway", "DNS")
_NO_ADDRESS = {"ip_configuration_mode": "None", **dict.fromkeys(_ADDRESS[1:], "")}
_PROPERTIES = {
    "hashing_algorithm": ("src_mac", "tcpudp_ports"),
    "lacp-time": ("fast", "slow"),
    "lacp-aggregation-key": None,
    "lacp-fallback-ab": ("true", "false"),
}
_DEFAULTS = {"hashing_algorithm": "tcpudp_ports", "lacp-time": "slow", "lacp-fallback-ab": "true"}


@method("Bond.create")
async def create(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call,
    network: str,
    members: list[str],
    mac: str,
    mode: str = "balance-slb",
    properties: dict[str, str] | None = None,
) -> str:
    """Bond cards of a host; their addresses, VLANs and interfaces of VMs move to the bond."""
    members = list(dict.fromkeys(members))
    call.db.get("network", network)
    if not members:
        raise Failure("PIF_BOND_NEEDS_MORE_MEMBERS")
    assert_network_free(call, network, call.db.get("PIF", members[0])["host"])
    for name, value in (properties or {}).items():
        _assert_property(name, value)
    if mac and not slots.is_mac(mac):
        raise Failure("MAC_INVALID", mac)
    _assert_bondable(call, members)
    await call.work("Bond.create")
    chosen = {**(_DEFAULTS if mode == "lacp" else {}), **(properties or {})}
    return _bond(call, network, members, mac, {"mode": mode, "properties": chosen})


@method("Bond.destroy")
async def destroy(call: Call, bond: str) -> None:
    """Take a bond apart; what it carries moves to its primary card."""
    record = call.db.get("Bond", bond)
    await call.work("Bond.destroy")
    primary, master, members = record["primary_slave"], record["master"], list(record["slaves"])
    for member in members:
        call.db.put("PIF", member, bond_slave_of=NULL, currently_attached=True)
    _move(call, master, primary)
    call.db.destroy("Bond", bond)
    call.db.destroy("PIF", master)


@method("Bond.set_mode")
async def set_mode(call: Call, bond: str, value: str) -> None:
    """Set how a bond shares its load."""
    properties = call.db.get("Bond", bond)["properties"]
    defaults = _DEFAULTS if value == "lacp" else {}
    call.db.put("Bond", bond, mode=value, properties={**defaults, **properties})


@method("Bond.set_property")
async def set_property(call: Call, bond: str, name: str, value: str) -> None:
    """Set a property of a bond."""
    call.db.get("Bond", bond)
    _assert_property(name, value)
    call.db.put_key("Bond", bond, "properties", name, value)


def _assert_property(name: str, value: str) -> None:
    known = name in _PROPERTIES
    if not known or value not in (_PROPERTIES[name] or (value,)):
        raise Failure("INVALID_VALUE", "properties", f"{name} = {value}")


def _assert_bondable(call: Call, members: list[str]) -> None:
    cards = [(ref, call.db.get("PIF", ref)) for ref in members]
    for ref, card in cards:
        if call.db.exists("Bond", card["bond_slave_of"]):
            raise Failure("PIF_ALREADY_BONDED", ref)
        if card["VLAN"] >= 0:
            raise Failure("PIF_VLAN_EXISTS", card["device"])
        if card["tunnel_access_PIF_of"]:
            raise Failure("IS_TUNNEL_ACCESS_PIF", ref)
    if len({card["host"] for _, card in cards}) > 1:
        raise Failure("PIF_CANNOT_BOND_CROSS_HOST")
    if len(cards) < _FEWEST:
        raise Failure("PIF_BOND_NEEDS_MORE_MEMBERS")


def _bond(call: Call, network: str, members: list[str], mac: str, fields: Record) -> str:
    primary = _primary(call, members)
    card = call.db.get("PIF", primary)
    master = call.db.create(
        "PIF",
        device=free_device(call, card["host"], "bond"),
        network=network,
        host=card["host"],
        MAC=mac or card["MAC"],
        MTU=call.db.get("network", network)["MTU"],
        VLAN=-1,
        physical=False,
        metrics=card["metrics"],
        currently_attached=any(call.db.get("PIF", each)["currently_attached"] for each in members),
    )
    links = sum(call.db.get("PIF", each)["currently_attached"] for each in members)
    bond = call.db.create("Bond", fields, master=master, primary_slave=primary, links_up=links)
    for member in (primary, *(each for each in members if each != primary)):
        _move(call, member, master)
        call.db.put("PIF", member, bond_slave_of=bond, disallow_unplug=False)
    return bond


def _primary(call: Call, members: list[str]) -> str:
    """Return the management interface, else the first card with an address, else the first."""

    def rank(member: str) -> tuple[bool, bool]:
        card = call.db.get("PIF", member)
        return not card["management"], card["ip_configuration_mode"] == "None"

    return min(members, key=rank)


def _move(call: Call, source: str, target: str) -> None:
    """Move the address, the VLANs and the interfaces of local VMs from one PIF to another."""
    origin = call.db.get("PIF", source)
    if origin["ip_configuration_mode"] != "None":
        address = {name: origin[name] for name in _ADDRESS}
        call.db.put("PIF", target, **address, management=origin["management"])
        call.db.put("PIF", source, **_NO_ADDRESS, management=False)
    destination = call.db.get("PIF", target)
    for vlan, record in records(call.db, "VLAN", list(origin["VLAN_slave_of"])):
        call.db.put("VLAN", vlan, tagged_PIF=target)
        call.db.put("PIF", record["untagged_PIF"], device=destination["device"])
    for vif, interface in records(
        call.db, "VIF", list(call.db.get("network", origin["network"])["VIFs"])
    ):
        if call.db.get("VM", interface["VM"])["resident_on"] == origin["host"]:
            call.db.put("VIF", vif, network=destination["network"])
