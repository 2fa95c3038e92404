"""Networks and the hosts' interfaces on them."""

from collections.abc import Iterable

from simulator.inventory.plan import Network
from simulator.inventory.site import Site
from simulator.tables import NULL

INTERNAL = "Host internal management network"
_SHARED_MAC = "fe:ff:ff:ff:ff:ff"


def build(site: Site) -> None:
    """Create the networks of the plan, and the one that every host has within itself."""
    for network in site.plan.networks:
        site.networks[network.name] = _network(
            site, network.name, _bridge(site, network), network.mtu, network.other_config
        )
        if network.management:
            site.management = site.networks[network.name]
    config = dict.fromkeys(
        ("is_guest_installer_network", "is_host_internal_management_network"), "true"
    )
    if INTERNAL not in site.networks:
        site.networks[INTERNAL] = _network(site, INTERNAL, "xenapi", 1500, config)


def plug(site: Site) -> None:
    """Create the hosts' interfaces: the physical ones first, then those of VLANs."""
    tagged = [network for network in site.plan.networks if network.vlan is not None]
    physical = [each for each in site.plan.networks if each.device and each.vlan is None]
    for number, network in enumerate(physical):
        for name in network.hosts or site.hosts:
            _pif(site, network, number, name)
    for network in tagged:
        for name in network.hosts or site.hosts:
            _vlan(site, network, site.hosts[name])


def _network(site: Site, name: str, bridge: str, mtu: int, config: dict[str, str]) -> str:
    return site.db.create(
        "network", name_label=name, bridge=bridge, MTU=mtu, other_config=dict(config)
    )


def _bridge(site: Site, network: Network) -> str:
    used = {record["bridge"] for record in _records(site)}
    number = network.device.removeprefix("eth")
    own = f"xenbr{number}" if number.isdigit() and network.vlan is None else ""
    candidates = (network.bridge or own, *(f"xapi{count}" for count in range(len(used) + 1)))
    return next(each for each in candidates if each and each not in used)


def _records(site: Site) -> Iterable[dict[str, str]]:
    return (row.record for row in site.db.tables["network"].rows.values())


def _pif(site: Site, network: Network, number: int, name: str) -> None:
    host, order = site.hosts[name], list(site.hosts).index(name) + 1
    address = site.db.get("host", host)["address"]
    addressed = {
        "management": True,
        "ip_configuration_mode": "Static",
        "IP": address,
        "netmask": "255.0.0.0",
    }
    site.db.create(
        "PIF",
        addressed if network.management else {},
        device=network.device,
        network=site.networks[network.name],
        host=host,
        MAC=f"00:16:3e:00:{number:02x}:{order:02x}",
        MTU=network.mtu,
        VLAN=-1,
        physical=True,
        currently_attached=True,
        metrics=site.db.create("PIF_metrics", carrier=True, speed=10000, duplex=True),
    )


def _vlan(site: Site, network: Network, host: str) -> None:
    parents = site.db.where("PIF", host=host, device=network.device, VLAN=-1)
    for parent in parents[:1]:
        record = site.db.get("PIF", parent)
        tagged = site.db.create(
            "PIF",
            device=network.device,
            network=site.networks[network.name],
            host=host,
            MAC=_SHARED_MAC,
            MTU=network.mtu,
            VLAN=network.vlan,
            metrics=record["metrics"] or NULL,
            currently_attached=True,
        )
        vlan = site.db.create("VLAN", tagged_PIF=parent, untagged_PIF=tagged, tag=network.vlan)
        site.db.put("PIF", tagged, VLAN_master_of=vlan)
