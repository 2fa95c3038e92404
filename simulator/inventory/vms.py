"""Templates and VMs with their disks, drives, interfaces and snapshots."""

from typing import Any

from simulator import copies, disks, domains, guests, images, machines, placement
from simulator.errors import Failure
from simulator.inventory.plan import CdDrive, Disk, Interface, Machine, Template, Vm
from simulator.inventory.site import Site, placed
from simulator.tables import NULL

_KINDS: dict[str, dict[str, Any]] = {
    "hvm": {
        "domain_type": "hvm",
        "HVM_boot_policy": "BIOS order",
        "HVM_boot_params": {"order": "cd"},
        "platform": {"acpi": "1", "apic": "true", "pae": "true", "viridian": "true"},
    },
    "pvh": {"domain_type": "pvh", "PV_bootloader": "pygrub", "platform": {"pae": "true"}},
    "pv": {"domain_type": "pv", "PV_bootloader": "pygrub", "platform": {"pae": "true"}},
}


def build(site: Site) -> None:
    """Create the templates of the plan, then its VMs; ValueError names what has no room."""
    for number, template in enumerate(site.plan.templates):
        for name in template.names:
            with placed(f"templates[{number}]", name):
                _template(site, template, name)
    for number, vm in enumerate(site.plan.vms):
        for name in vm.names:
            with placed(f"vms[{number}]", name):
                _vm(site, vm, name)


def _template(site: Site, plan: Template, name: str) -> None:
    marks = {"default_template": "true"} if plan.default else {}
    provision = {"disks": plan.provision} if plan.provision else {}
    vm = _machine(site, plan, name, {**marks, **provision}, is_a_template=True)
    site.db.put("VM", vm, is_default_template=plan.default)


def _vm(site: Site, plan: Vm, name: str) -> None:
    vm = _machine(site, plan, name, {})
    if plan.state == "Halted":
        return
    host = _host(site, plan, vm)
    domains.prepare(site.pool, vm, host)
    domains.bring_up(site.pool, vm, host, paused=plan.state == "Paused")
    if plan.tools:
        guests.report(site.pool, vm, site.db.get("VM", vm)["domid"])
    if plan.state == "Suspended":
        domains.suspend(site.pool, vm, images.create(site.pool, vm))


def _machine(
    site: Site,
    plan: Machine,
    name: str,
    config: dict[str, str],
    **fields: Any,  # noqa: ANN401 - wire values
) -> str:
    kind = _KINDS[plan.kind]
    vm = machines.new_vm(
        site.pool,
        {
            **kind,
            "name_label": name,
            "name_description": plan.description,
            "tags": list(plan.tags),
            "platform": {**kind["platform"], **plan.platform},
            "other_config": {**config, **plan.other_config},
            "VCPUs_max": plan.vcpus,
            "VCPUs_at_startup": plan.vcpus,
            **_memory(plan),
            **fields,
        },
    )
    if plan.tools:
        site.db.tools.add(vm)
    _devices(site, plan, name, vm)
    for label in plan.snapshots:
        _snapshot(site, vm, label)
    site.db.put("VM", vm, blocked_operations=dict(plan.blocked_operations))
    return vm


def _memory(plan: Machine) -> dict[str, int]:
    names = ("memory_static_max", "memory_dynamic_max", "memory_dynamic_min")
    least = plan.memory if plan.memory_static_min is None else plan.memory_static_min
    return {**dict.fromkeys(names, plan.memory), "memory_static_min": least}


def _devices(site: Site, plan: Machine, name: str, vm: str) -> None:
    taken = {drive.device for drive in plan.drives} | {disk.device for disk in plan.disks}
    free = (str(number) for number in range(255) if str(number) not in taken)
    for number, disk in enumerate(plan.disks):
        _disk(site, disk, vm, disk.device or next(free), f"{name} {number}", bootable=not number)
    for drive in plan.drives:
        _drive(site, drive, vm)
    for number, interface in enumerate(plan.interfaces):
        _interface(site, interface, vm, str(number))


def _disk(  # noqa: PLR0913 - what a disk is made of
    site: Site, plan: Disk, vm: str, device: str, name: str, *, bootable: bool
) -> None:
    sr = site.storage[plan.storage] if plan.storage else site.default_storage
    fields = {
        "name_label": name if plan.name is None else plan.name,
        "virtual_size": plan.size,
        "type": plan.type,
        "sharable": plan.sharable,
    }
    machines.new_vbd(
        site.pool,
        {
            "VM": vm,
            "VDI": disks.create(site.pool, sr, fields),
            "userdevice": device,
            "bootable": bootable,
            "mode": plan.mode,
            "type": "Disk",
            "other_config": {"owner": ""},
        },
    )


def _drive(site: Site, plan: CdDrive, vm: str) -> None:
    image = site.isos[plan.iso] if plan.iso else NULL
    fields = {"VM": vm, "VDI": image, "empty": image == NULL, "userdevice": plan.device}
    machines.new_vbd(site.pool, {**fields, "type": "CD", "mode": "RO"})


def _interface(site: Site, plan: Interface, vm: str, device: str) -> None:
    network = site.networks[plan.network] if plan.network else site.management
    mtu = site.db.get("network", network)["MTU"]
    fields = {"VM": vm, "network": network, "device": device, "MTU": mtu, "MAC": plan.mac}
    machines.new_vif(site.pool, fields)


def _snapshot(site: Site, vm: str, name: str) -> None:
    made = {disk: disks.snapshot(site.pool, disk) for disk in copies.disks_of(site.db, vm)}
    copies.snapshot(site.pool, vm, name, made)


def _host(site: Site, plan: Vm, vm: str) -> str:
    """Return the host named, or the next in turn that can run the VM."""
    if plan.host:
        placement.assert_can_boot(site.db, vm, site.hosts[plan.host])
        return site.hosts[plan.host]
    hosts = list(site.hosts.values())
    turn = site.pool.counters["inventory host"] % len(hosts)
    site.pool.counters["inventory host"] += 1
    for host in hosts[turn:] + hosts[:turn]:
        if placement.refusal(site.db, vm, host) is None:
            return host
    raise Failure("NO_HOSTS_AVAILABLE")
