"""Hosts, their metrics and control domains."""

from simulator import machines
from simulator.inventory.plan import Host
from simulator.inventory.site import Site

_CONTROL_MEMORY = 4 << 30


def build(site: Site) -> None:
    """Create the hosts of the plan, each at an address of its own on loopback."""
    for number, host in enumerate(site.plan.hosts, 1):
        site.hosts[host.name] = _host(site, host, number)
        _control_domain(site, host.name)


def _host(site: Site, plan: Host, number: int) -> str:
    return site.db.create(
        "host",
        name_label=plan.name,
        name_description="Simulated host",
        hostname=plan.name,
        address=f"127.0.0.{number}",
        enabled=plan.enabled,
        API_version_major=2,
        API_version_minor=21,
        API_version_vendor="XenSource",
        capabilities=["xen-3.0-x86_64", "hvm-3.0-x86_32", "hvm-3.0-x86_64"],
        cpu_info={"cpu_count": str(plan.cpus), "socket_count": "2", "vendor": "GenuineIntel"},
        software_version=_software(),
        edition="enterprise",
        metrics=_metrics(site, plan),
    )


def _metrics(site: Site, plan: Host) -> str:
    return site.db.create(
        "host_metrics",
        memory_total=plan.memory,
        memory_free=plan.memory - _CONTROL_MEMORY,
        live=True,
        last_updated=site.pool.clock.iso(),
    )


def _control_domain(site: Site, name: str) -> None:
    memory = ("static_max", "dynamic_max", "dynamic_min", "static_min")
    fields = {
        "name_label": f"Control domain on host: {name}",
        "is_control_domain": True,
        "affinity": site.hosts[name],
        "VCPUs_max": 4,
        "VCPUs_at_startup": 4,
        **{f"memory_{limit}": _CONTROL_MEMORY for limit in memory},
    }
    vm = machines.new_vm(site.pool, fields)
    site.db.put("VM", vm, power_state="Running", resident_on=site.hosts[name], domid=0)
    site.db.put("host", site.hosts[name], control_domain=vm)


def _software() -> dict[str, str]:
    return {
        "product_brand": "XenServer",
        "product_version": "8.4.0",
        "product_version_text": "8",
        "xapi": "26.22",
        "xen": "4.17",
        "date": "2026-08-24",
    }
