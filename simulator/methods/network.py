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
