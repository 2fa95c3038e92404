"""Guest tools: a guest reports its addresses and abilities some time after boot.

Which guests have the tools is kept in `db.tools`; clones, copies and snapshots inherit it with
everything else on the disk.
"""

from collections.abc import Callable
from typing import Any

from simulator import addresses, preconditions
from simulator.pool import Pool
from simulator.rules.view import peek, records
from simulator.tables import Database, Record

BOOT = "guest.boot"
_ABILITIES = {
    **dict.fromkeys(("feature-shutdown", "feature-poweroff", "feature-reboot"), "1"),
    **dict.fromkeys(("feature-suspend", "feature-vcpu-hotplug", "feature-balloon"), "1"),
    "platform-feature-multiprocessor-suspend": "1",
}
_DRIVERS = {"major": "8", "minor": "4", "micro": "0", "build": "1"}
_SYSTEM = {
    "name": "Debian GNU/Linux 12 (bookworm)",
    "uname": "6.1.0-18-amd64",
    "distro": "debian",
    "major": "12",
    "minor": "5",
}


def boot(pool: Pool, vm: str) -> None:
    """Schedule the report of a guest's tools, if it has them."""
    record = pool.db.get("VM", vm)
    if vm in pool.db.tools:
        boot_seconds = pool.guest_rules.of(record).boot
        wait = pool.duration(BOOT) if boot_seconds is None else boot_seconds
        _later(pool, wait, report, vm, record["domid"])


def report(pool: Pool, vm: str, domain: int) -> None:
    """Write the report of a guest's tools, unless its domain has ended."""
    record = peek(pool.db, "VM", vm)
    if record is None or record["domid"] != domain:
        return
    pool.db.put(
        "VM_guest_metrics",
        record["guest_metrics"],
        os_version=_SYSTEM,
        PV_drivers_version=_DRIVERS,
        PV_drivers_up_to_date=True,
        PV_drivers_detected=True,
        can_use_hotplug_vbd="yes",
        can_use_hotplug_vif="yes",
        networks=_first_networks(pool, vm, record),
        other=_ABILITIES,
        live=True,
        last_updated=pool.clock.iso(),
    )
    preconditions.refresh(pool.db, "VM", vm)


def renumber(pool: Pool, vm: str) -> None:
    """Update the addresses of a guest after a change of its interfaces."""
    record = pool.db.get("VM", vm)
    agent = peek(pool.db, "VM_guest_metrics", record["guest_metrics"])
    if agent and agent["networks"]:
        shown = addresses.link_local if _is_waiting(agent) else addresses.assigned
        _show_networks(pool, vm, record["domid"], shown)


def _first_networks(pool: Pool, vm: str, record: Record) -> dict[str, str]:
    """Return the addresses of the first report, and schedule the later ones of a slow guest."""
    rule = pool.guest_rules.of(record)
    late = addresses.assigned_beside_link_local if rule.link_local else addresses.assigned
    if rule.address == 0:
        return _networks(pool.db, record, late)
    if rule.address != "never":
        _later(pool, rule.address, _show_networks, vm, record["domid"], late)
    return _networks(pool.db, record, addresses.link_local) if rule.link_local else {}


def _show_networks(pool: Pool, vm: str, domain: int, shown: addresses.Addresses) -> None:
    record = peek(pool.db, "VM", vm)
    if record and record["domid"] == domain:
        networks = _networks(pool.db, record, shown)
        pool.db.put("VM_guest_metrics", record["guest_metrics"], networks=networks)


def _networks(db: Database, vm: Record, shown: addresses.Addresses) -> dict[str, str]:
    fields: dict[str, str] = {}
    for _, vif in records(db, "VIF", vm["VIFs"]):
        if vif["currently_attached"]:
            fields |= shown(vif["device"], vif["MAC"])
    return fields


def _is_waiting(agent: Record) -> bool:
    """Return whether a guest has no address but link-local ones yet."""
    return all(addresses.is_link_local(value) for value in agent["networks"].values())


def _later(pool: Pool, seconds: float, step: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401 - those of the step
    timer = pool.clock.timer(seconds)
    timer.add_done_callback(lambda _: step(pool, *arguments))
