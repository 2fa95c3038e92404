"""Methods of the pool for settings, certificates, plans and balancing (xapi_pool.ml)."""

from simulator import placement
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.methods.host_support import apply_edition as apply_edition_on
from simulator.methods.pif import create_vlan_from_pif

_PRIORITIES = frozenset({"restart", "best-effort", ""})


def _register_void(name: str) -> None:
    async def accept(_call: Call, *_: object) -> None:
        return None

    method(f"pool.{name}")(accept)


for _name in (
    *("certificate_sync", "detect_nonhomogeneous_external_auth", "ha_prevent_restarts_for"),
    *("disable_ssl_legacy", "enable_binary_storage", "disable_binary_storage"),
):
    _register_void(_name)


def _register_empty(name: str) -> None:
    async def answer(_call: Call, *_: object) -> list[str]:
        return []

    method(f"pool.{name}")(answer)


for _name in ("check_update_readiness", "recover_slaves"):
    _register_empty(_name)


def _register_unbalanced(name: str) -> None:
    async def refuse(_call: Call, *_: object) -> None:
        raise Failure("WLB_NOT_INITIALIZED")

    method(f"pool.{name}")(refuse)


for _name in (
    *("deconfigure_wlb", "send_wlb_configuration"),
    *("retrieve_wlb_configuration", "retrieve_wlb_recommendations"),
):
    _register_unbalanced(_name)


@method("host.retrieve_wlb_evacuate_recommendations")
async def retrieve_wlb_evacuate_recommendations(call: Call, host: str) -> dict[str, list[str]]:
    """Refuse: no workload balancing server is configured."""
    call.db.get("host", host)
    raise Failure("WLB_NOT_INITIALIZED")


@method("pool.apply_edition")
async def apply_edition(call: Call, pool: str, edition: str) -> None:
    """Set the edition of every host."""
    call.db.get("pool", pool)
    for host in call.db.refs("host"):
        await apply_edition_on(call, host, edition)


@method("pool.is_slave")
async def is_slave(call: Call, host: str) -> bool:
    """Return whether a host is a member."""
    call.db.get("host", host)
    return host != call.pool.coordinator


@method("pool.set_ha_host_failures_to_tolerate")
async def set_ha_host_failures_to_tolerate(call: Call, pool: str, value: int) -> None:
    """Set how many failures of hosts the plan is to survive."""
    call.db.get("pool", pool)
    if value < 0:
        raise Failure("INVALID_VALUE", "ha_host_failures_to_tolerate", value)
    if call.db.get("pool", pool)["ha_plan_exists_for"] > 0 and value > _spare_hosts(call):
        raise Failure("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN")
    call.db.put("pool", pool, ha_host_failures_to_tolerate=value)


@method("pool.ha_failover_plan_exists")
async def ha_failover_plan_exists(call: Call, n: int) -> bool:
    """Return whether so many hosts may fail."""
    return n <= _spare_hosts(call)


@method("pool.ha_compute_max_host_failures_to_tolerate")
async def ha_compute_max_host_failures_to_tolerate(call: Call) -> int:
    """Return how many hosts may fail."""
    return _spare_hosts(call)


@method("pool.ha_compute_hypothetical_max_host_failures_to_tolerate")
async def ha_compute_hypothetical_max(call: Call, configuration: dict[str, str]) -> int:
    """Return how many hosts may fail if VMs had these restart priorities."""
    for priority in configuration.values():
        if priority not in _PRIORITIES:
            raise Failure("INVALID_VALUE", "ha_restart_priority", priority)
    for vm in configuration:
        call.db.get("VM", vm)
    return _spare_hosts(call)


@method("pool.ha_compute_vm_failover_plan")
async def ha_compute_vm_failover_plan(
    call: Call, failed_hosts: list[str], failed_vms: list[str]
) -> dict[str, dict[str, str]]:
    """Return where VMs would be restarted if hosts failed."""
    for host in failed_hosts:
        call.db.get("host", host)
    plan: dict[str, dict[str, str]] = {}
    for vm in failed_vms:
        left = [host for host in placement.possible(call.db, vm) if host not in failed_hosts]
        plan[vm] = {"host": left[0]} if left else {"error_code": "NO_HOSTS_AVAILABLE"}
    return plan


@method("pool.create_VLAN")
async def create_vlan(call: Call, device: str, network: str, vlan: int) -> list[str]:
    """Create a VLAN interface on the interface of this name of each host."""
    call.db.get("network", network)
    pifs = call.db.where("PIF", device=device, physical=True)
    on_coordinator = [
        pif for pif in pifs if call.db.get("PIF", pif)["host"] == call.pool.coordinator
    ]
    if not on_coordinator:
        raise Failure("INVALID_VALUE", "device", device)
    return await create_vlan_from_pif(call, on_coordinator[0], network, vlan)


def _spare_hosts(call: Call) -> int:
    live = [host for host in call.db.refs("host") if placement.is_live(call.db, host)]
    return max(0, len(live) - 1)
