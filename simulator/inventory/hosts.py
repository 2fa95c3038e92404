"""Hosts, their metrics, processors and control domains."""

from typing import Any

from simulator import certificates, clock, machines
from simulator.inventory import hardware, software
from simulator.inventory.plan import Host
from simulator.inventory.site import Site

_CONTROL_MEMORY = 4 << 30
_CONTROL_VCPUS = 4
_CONSOLES = {"rfb": 5900, "vt100": 5901}
_UPTIME = 86400.0
_ENDS = ("actions_after_shutdown", "actions_after_reboot", "actions_after_crash")


def build(site: Site) -> None:
    """Create the hosts of the plan, each at an address of its own on loopback."""
    for number, host in enumerate(site.plan.hosts, 1):
        ref = site.hosts[host.name] = _host(site, host, f"127.0.0.{number}")
        hardware.create_processors(site, ref, host.cpus)
        _control_domain(site, host.name)
        for kind in (certificates.SERVER, certificates.INTERNAL):
            certificates.renew(site.db, site.pool.certificate_files, site.pool.clock, ref, kind)


def _host(site: Site, plan: Host, address: str) -> str:
    major, minor = site.db.model.release.api
    return site.db.create(
        "host",
        _machine(plan),
        name_label=plan.name,
        name_description="Default install",
        hostname=plan.name,
        address=address,
        enabled=plan.enabled,
        API_version_major=major,
        API_version_minor=minor,
        API_version_vendor="XenSource",
        software_version=software.versions(site.db.model.release),
        edition=software.EDITION,
        editions=software.EDITIONS,
        license_params=software.licence(),
        sched_policy="credit",
        supported_bootloaders=["pygrub", "eliloader"],
        other_config=_times(site),
        iscsi_iqn=f"iqn.2024-01.com.example:{site.db.new_uuid()[:8]}",
        ssl_legacy=False,
        metrics=_metrics(site, plan),
    )


def _machine(plan: Host) -> dict[str, Any]:
    return {
        "capabilities": [
            *("xen-3.0-x86_64", "hvm-3.0-x86_32", "hvm-3.0-x86_32p", "hvm-3.0-x86_64", ""),
        ],
        "cpu_info": hardware.cpu_info(plan.cpus),
        "bios_strings": hardware.bios_strings(plan.name),
        "chipset_info": {"iommu": "true"},
        "virtual_hardware_platform_versions": [0, 1, 2],
    }


def _times(site: Site) -> dict[str, str]:
    booted = clock.seconds(site.pool.clock.iso()) - _UPTIME
    return {"boot_time": f"{booted:.0f}.", "agent_start_time": f"{booted + 60:.0f}."}


def _metrics(site: Site, plan: Host) -> str:
    return site.db.create(
        "host_metrics",
        memory_total=plan.memory,
        memory_free=plan.memory - _CONTROL_MEMORY,
        live=True,
        last_updated=site.pool.clock.iso(),
    )


def _control_domain(site: Site, name: str) -> None:
    limits = ("memory_static_max", "memory_dynamic_max", "memory_dynamic_min", "memory_static_min")
    fields = {
        "name_label": f"Control domain on host: {name}",
        "name_description": ("The domain which manages physical devices and manages other domains"),
        "is_control_domain": True,
        "affinity": site.hosts[name],
        "domain_type": "pv",
        **dict.fromkeys(_ENDS, "destroy"),
        "domarch": "x64",
        "user_version": 1,
        "other_config": {"is_system_domain": "true"},
        "memory_target": _CONTROL_MEMORY,
        "VCPUs_max": _CONTROL_VCPUS,
        "VCPUs_at_startup": _CONTROL_VCPUS,
        **dict.fromkeys(limits, _CONTROL_MEMORY),
    }
    vm = machines.new_vm(site.pool, fields)
    site.db.put("VM", vm, power_state="Running", resident_on=site.hosts[name], domid=0)
    site.db.put("host", site.hosts[name], control_domain=vm)
    site.db.put(
        "VM_metrics",
        site.db.get("VM", vm)["metrics"],
        memory_actual=_CONTROL_MEMORY,
        VCPUs_number=_CONTROL_VCPUS,
        VCPUs_utilisation={str(number): 0.0 for number in range(_CONTROL_VCPUS)},
        current_domain_type="pv",
    )
    _consoles(site, vm, site.db.get("host", site.hosts[name])["address"])


def _consoles(site: Site, vm: str, address: str) -> None:
    for protocol, port in _CONSOLES.items():
        location = f"https://{address}/console?ref={vm}"
        site.db.create("console", protocol=protocol, location=location, port=port, VM=vm)
