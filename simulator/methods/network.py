"""Methods of networks (ocaml/xapi/xapi_network.ml)."""

import re
from typing import Any

from simulator import machines
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.view import records

_MTU = 1500
_LONGEST_NAME = 15
_RESERVED = re.compile(r"(xen|xapi|vif|tap|eth)")
_INTERNAL = "is_host_internal_management_network"


@method("network.create")
async def create(call: Call, args: dict[str, Any]) -> str:
    """Create a network; without a bridge name it gets the next `xapi<N>`."""
    bridge = args.get("bridge", "")
    if bridge:
        _assert_bridge(call, bridge)
    mtu = args.get("MTU", 0)
    return call.db.create(
        "network",
        {**args, "bridge": bridge or _next_bridge(call), "MTU": mtu if mtu > 0 else _MTU},
    )


@method("network.destroy")
async def destroy(call: Call, network: str) -> None:
    """Delete an unused network together with its unattached VIFs."""
    record = call.db.get("network", network)
    vifs = list(records(call.db, "VIF", record["VIFs"]))
    attached = [ref for ref, vif in vifs if vif["currently_attached"]]
    if attached:
        raise Failure("NETWORK_CONTAINS_VIF", *attached)
    if record["PIFs"]:
        raise Failure("NETWORK_CONTAINS_PIF", *record["PIFs"])
    if record["other_config"].get(_INTERNAL) == "true":
        raise Failure("CANNOT_DESTROY_SYSTEM_NETWORK", network)
    for ref, _ in vifs:
        machines.drop_device(call.db, "VIF", ref)
    call.db.destroy("network", network)


@method("network.add_purpose")
async def add_purpose(call: Call, network: str, value: str) -> None:
    """Add a purpose to a network; secure and insecure NBD exclude each other in a pool."""
    present = call.db.get("network", network)["purpose"]
    if value in present:
        return
    for ref in call.db.refs("network"):
        for other in call.db.get("network", ref)["purpose"]:
            if other != value:
                raise Failure("NETWORK_INCOMPATIBLE_PURPOSES", value, other)
    call.db.put("network", network, purpose=[value, *present])


@method("network.remove_purpose")
async def remove_purpose(call: Call, network: str, value: str) -> None:
    """Remove a purpose from a network."""
    call.db.drop_item("network", network, "purpose", value)


@method("network.set_default_locking_mode")
async def set_default_locking_mode(call: Call, network: str, value: str) -> None:
    """Set the locking mode of VIFs with none of their own, while no VIF is attached."""
    for ref, vif in records(call.db, "VIF", call.db.get("network", network)["VIFs"]):
        if vif["currently_attached"]:
            raise Failure("VIF_IN_USE", network, ref)
    call.db.put("network", network, default_locking_mode=value)


@method("network.attach")
async def attach(call: Call, network: str, host: str) -> None:
    """Make a network available on a host: it is so already."""
    call.db.get("network", network)
    call.db.get("host", host)


@method("network.pool_introduce")
async def pool_introduce(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call,
    name_label: str,
    name_description: str,
    mtu: int,
    other_config: dict[str, str],
    bridge: str,
    managed: bool,
    purpose: list[str],
) -> str:
    """Create the record of a network."""
    return call.db.create(
        "network",
        name_label=name_label,
        name_description=name_description,
        MTU=mtu,
        other_config=other_config,
        bridge=bridge,
        managed=managed,
        purpose=purpose,
    )


def _assert_bridge(call: Call, bridge: str) -> None:
    if len(bridge) > _LONGEST_NAME or _RESERVED.match(bridge):
        raise Failure("INVALID_VALUE", "bridge", bridge)
    if bridge in _bridges(call):
        raise Failure("BRIDGE_NAME_EXISTS", bridge)


def _next_bridge(call: Call) -> str:
    taken = _bridges(call)
    while (bridge := f"xapi{call.pool.counters['bridge']}") in taken:
        call.pool.counters["bridge"] += 1
    call.pool.counters["bridge"] += 1
    return bridge


def _bridges(call: Call) -> set[str]:
    return {call.db.get("network", ref)["bridge"] for ref in call.db.refs("network")}
