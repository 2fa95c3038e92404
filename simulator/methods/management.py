"""Methods that choose the management interface of hosts (ocaml/xapi/xapi_host.ml)."""

from simulator import failover
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.view import records
from simulator.tables import NULL


@method("host.management_reconfigure")
async def management_reconfigure(call: Call, pif: str) -> None:
    """Manage a host by another of its interfaces."""
    failover.assert_off(call.db)
    _assert_suits(call, pif)
    _choose(call, pif)


@method("pool.management_reconfigure")
async def pool_management_reconfigure(call: Call, network: str) -> None:
    """Manage every host by its interface on a network."""
    failover.assert_off(call.db)
    pifs = records(call.db, "PIF", call.db.get("network", network)["PIFs"])
    by_host = {pif["host"]: ref for ref, pif in pifs}
    for host in call.db.refs("host"):
        if host not in by_host:
            raise Failure("PIF_NOT_PRESENT", host, network)
    for pif in by_host.values():
        _assert_suits(call, pif)
    for pif in by_host.values():
        _choose(call, pif)


@method("host.local_management_reconfigure")
async def local_management_reconfigure(_call: Call, _interface: str) -> None:
    """Refuse: that is for a host that has lost its coordinator."""
    raise Failure("POOL_NOT_IN_EMERGENCY_MODE")


@method("host.management_disable")
async def management_disable(call: Call) -> None:
    """Let the coordinator do without a management interface; here it can be reached still."""
    failover.assert_off(call.db)
    for pif in call.db.where("PIF", host=call.pool.coordinator, management=True):
        call.db.put("PIF", pif, management=False)


def _assert_suits(call: Call, pif: str) -> None:
    record = call.db.get("PIF", pif)
    if record["bond_slave_of"] != NULL:
        raise Failure("CANNOT_PLUG_BOND_SLAVE", pif)
    kind = record["primary_address_type"]
    for other in call.db.where("PIF", host=record["host"], management=True):
        if call.db.get("PIF", other)["primary_address_type"] != kind:
            raise Failure("PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE")
    if kind == "IPv4" and record["ip_configuration_mode"] == "None":
        raise Failure("PIF_HAS_NO_NETWORK_CONFIGURATION")
    if kind == "IPv6" and record["ipv6_configuration_mode"] == "None":
        raise Failure("PIF_HAS_NO_V6_NETWORK_CONFIGURATION")


def _choose(call: Call, pif: str) -> None:
    record = call.db.get("PIF", pif)
    for other in call.db.where("PIF", host=record["host"], management=True):
        call.db.put("PIF", other, management=False)
    call.db.put("PIF", pif, management=True, currently_attached=True)
    if record["IP"]:
        call.db.put("host", record["host"], address=record["IP"])
