"""Guest tools: a guest reports its addresses and abilities some time after boot.

Whether a guest has the tools is written in its VM's `other_config`, key `simulator:tools`; clones,
copies and snapshots inherit it with everything else on the disk.
"""

import hashlib

from simulator import preconditions
from simulator.pool import Pool
from simulator.rules.view import peek, records
from simulator.tables import Database, Record

TOOLS = "simulator:tools"
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
    domain = pool.db.get("VM", vm)["domid"]
    if pool.db.get("VM", vm)["other_config"].get(TOOLS) == "true":
        timer = pool.clock.timer(pool.duration(BOOT))
        timer.add_done_callback(lambda _: report(pool, vm, domain))


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
        networks=_networks(pool.db, record),
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
        networks = _networks(pool.db, record)
        pool.db.put("VM_guest_metrics", record["guest_metrics"], networks=networks)


def _networks(db: Database, vm: Record) -> dict[str, str]:
    fields: dict[str, str] = {}
    for _, vif in records(db, "VIF", vm["VIFs"]):
        if vif["currently_attached"]:
            fields |= _addresses(vif["device"], vif["MAC"])
    return fields


def _addresses(device: str, mac: str) -> dict[str, str]:
    """Return the addresses of an interface; the same MAC gets the same address."""
    a, b, c, d, *_ = hashlib.sha256(mac.encode()).digest()
    ipv4 = f"10.{a}.{b}.{1 + c % 254}"
    ipv6 = f"fd00::{a:x}:{b:x}{c:02x}:{d:x}"
    return {f"{device}/ip": ipv4, f"{device}/ipv4/0": ipv4, f"{device}/ipv6/0": ipv6}
