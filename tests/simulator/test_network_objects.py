"""Bonds, tunnels, the controller of switches, and the choice of the management interface."""

from typing import Any

import pytest

from simulator.server import Options
from simulator.tables import NULL

pytestmark = pytest.mark.parametrize("wire", ["json"], indirect=True)
"""One dialect: others test that both say the same."""

NETWORK = {
    "name_label": "n", "name_description": "", "other_config": {}, "tags": [], "MTU": "1500",
    "bridge": "", "managed": True,
}  # fmt: skip  # a table, read by its columns


@pytest.fixture
def options() -> Options:
    """Serve the pool at great speed."""
    return Options(seed=1, speed=1000.0, control=True)


@pytest.fixture
def network(xen: Any) -> str:
    """Create a network that no host is on."""
    return str(xen("network.create", NETWORK))


@pytest.fixture
def cards(xen: Any) -> list[str]:
    """Return the two cards of the coordinator: its management interface, and a new one."""
    host = xen.find("host", "xs1")
    second = xen("PIF.introduce", host, "00:16:3e:aa:00:01", "eth7", True)
    return [xen("host.get_management_interface", host), second]


def test_a_bond_takes_over_what_its_cards_carried(xen: Any, network: str, cards: list[str]) -> None:
    """Address, management and interfaces of VMs move to the bond, and back."""
    host = xen.find("host", "xs1")
    address = xen("PIF.get_IP", cards[0])
    before = xen("PIF.get_network", cards[0])
    vifs = [
        vif
        for vm in xen("host.get_resident_VMs", host)
        for vif in xen("VM.get_VIFs", vm)
        if xen("VIF.get_network", vif) == before
    ]

    bond = xen("Bond.create", network, cards, "", "active-backup", {})

    record = xen("Bond.get_record", bond)
    master = record["master"]
    assert (record["mode"], record["primary_slave"]) == ("active-backup", cards[0])
    assert set(record["slaves"]) == set(cards)
    assert (xen("PIF.get_device", master), xen("PIF.get_IP", master)) == ("bond0", address)
    assert xen("host.get_management_interface", host) == master
    assert vifs
    assert {xen("VIF.get_network", vif) for vif in vifs} == {network}
    assert xen.refusal("PIF.plug", cards[1]) == ["CANNOT_PLUG_BOND_SLAVE", cards[1]]

    xen("Bond.destroy", bond)

    assert xen("host.get_management_interface", host) == cards[0]
    assert xen("PIF.get_bond_slave_of", cards[1]) == NULL
    assert {xen("VIF.get_network", vif) for vif in vifs} == {before}
    assert xen.refusal("PIF.get_IP", master) == ["HANDLE_INVALID", "PIF", master]


def test_what_cannot_be_bonded_is_refused(xen: Any, network: str, cards: list[str]) -> None:
    """In the toolstack's order: network, properties, MAC, each card, hosts, number."""
    host = xen.find("host", "xs1")
    other = xen("host.get_management_interface", xen.find("host", "xs2"))
    taken = xen("PIF.get_network", cards[0])

    def refusal(on: str, members: list[str], mac: str = "", **more: str) -> list[str]:
        return list(xen.refusal("Bond.create", on, members, mac, "lacp", more))

    assert refusal(taken, cards) == ["NETWORK_ALREADY_CONNECTED", host, cards[0]]
    assert refusal(network, cards, "", speed="x") == ["INVALID_VALUE", "properties", "speed = x"]
    assert refusal(network, cards, "x") == ["MAC_INVALID", "x"]
    assert refusal(network, [cards[0], other]) == ["PIF_CANNOT_BOND_CROSS_HOST"]
    assert refusal(network, cards[:1]) == ["PIF_BOND_NEEDS_MORE_MEMBERS"]
    bond = xen("Bond.create", network, cards, "", "lacp", {})
    assert xen("Bond.get_properties", bond)["lacp-time"] == "slow"
    spare = xen("network.create", NETWORK)
    assert refusal(spare, cards) == ["PIF_ALREADY_BONDED", cards[0]]


def test_a_tunnel_needs_an_address_to_go_over(xen: Any, network: str, cards: list[str]) -> None:
    """Its interface is on the network, and goes with it."""
    assert xen.refusal("tunnel.create", cards[1], network, "gre") == [
        "TRANSPORT_PIF_NOT_CONFIGURED", cards[1]
    ]  # fmt: skip  # a table, read by its columns

    tunnel = xen("tunnel.create", cards[0], network, "vxlan")

    access = xen("tunnel.get_access_PIF", tunnel)
    assert xen("network.get_PIFs", network) == [access]
    assert xen("PIF.get_tunnel_transport_PIF_of", cards[0]) == [tunnel]
    assert xen.refusal("PIF.forget", cards[0]) == ["PIF_TUNNEL_STILL_EXISTS", cards[0]]
    xen("tunnel.destroy", tunnel)
    assert xen("network.get_PIFs", network) == []


def test_there_is_one_controller_of_switches(xen: Any) -> None:
    """Another one is refused until it is forgotten."""
    controller = xen("SDN_controller.introduce", "ssl", "10.0.0.9", "0")

    assert int(xen("SDN_controller.get_port", controller)) == 6632
    assert xen.refusal("SDN_controller.introduce", "ssl", "10.0.0.8", "0") == [
        "OPERATION_NOT_ALLOWED", "SDN controller has been configured. Please forget it first."
    ]  # fmt: skip  # a table, read by its columns
    xen("SDN_controller.forget", controller)
    assert xen.refusal("SDN_controller.introduce", "pssl", "10.0.0.8", "0") == [
        "INVALID_VALUE", "address", "10.0.0.8"
    ]  # fmt: skip  # a table, read by its columns


def test_a_host_is_managed_by_an_interface_with_an_address(
    xen: Any, network: str, cards: list[str], control: Any
) -> None:
    """Every host of a pool needs one on the network; high availability forbids it."""
    host = xen.find("host", "xs1")

    assert xen.refusal("host.management_reconfigure", cards[1]) == [
        "PIF_HAS_NO_NETWORK_CONFIGURATION"
    ]
    xen("PIF.reconfigure_ip", cards[1], "Static", "127.0.0.1", "255.0.0.0", "", "")
    xen("host.management_reconfigure", cards[1])
    assert xen("host.get_management_interface", host) == cards[1]
    assert xen.refusal("pool.management_reconfigure", network) == ["PIF_NOT_PRESENT", host, network]
    control("ha", enabled=True)
    assert xen.refusal("host.management_reconfigure", cards[0]) == ["HA_IS_ENABLED"]
