"""The pool that a simulator starts with: three hosts, their storage and networks, a few VMs."""

from typing import Any

from simulator import disks, domains, guests, machines, preconditions
from simulator.memory import MIB
from simulator.pool import Pool
from simulator.rules import storage
from simulator.tables import NULL

GIB = 1 << 30
TIB = 1 << 40
HOST_MEMORY = 4 * TIB
LOCAL_SIZE = 8 * TIB
SHARED_SIZE = 64 * TIB
NETWORK = "Pool-wide network associated with eth0"
DEFAULT_SR = "NFS virtual disk storage"
_CPUS = 64
_CONTROL_MEMORY = 4 * GIB
_ISOS = {"debian-12.iso": 660 * MIB, "xs-tools.iso": 14 * MIB}
_DISKS = (
    '<provision><disk device="0" size="10737418240" sr="" bootable="true" type="system"/>'
    "</provision>"
)


def build(pool: Pool, *, hosts: int = 3) -> None:
    """Fill an empty database; the pool's seed decides every UUID."""
    Builder(pool).build(hosts)


class Builder:
    """Builder of the objects of one pool."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.db = pool.db
        self.hosts: list[str] = []
        self.network = NULL
        self.sr = NULL

    def build(self, hosts: int) -> None:
        """Build hosts, networks, storage, templates and VMs."""
        self._networks()
        for number in range(1, hosts + 1):
            self._host(number)
        self._storage()
        self._pool()
        self._templates()
        self._vms()
        for cls in preconditions.PRECONDITIONS:
            for ref in self.db.refs(cls):
                preconditions.refresh(self.db, cls, ref)

    def _networks(self) -> None:
        self.network = self._network(NETWORK, "xenbr0")
        self._network("lab", "xapi0")
        self._network(
            "Host internal management network",
            "xenapi",
            is_guest_installer_network="true",
            is_host_internal_management_network="true",
        )

    def _network(self, name: str, bridge: str, **other_config: str) -> str:
        return self.db.create(
            "network", name_label=name, bridge=bridge, MTU=1500, other_config=other_config
        )

    def _host(self, number: int) -> None:
        host = self.db.create(
            "host",
            name_label=f"xs{number}",
            name_description="Simulated host",
            hostname=f"xs{number}",
            address=f"127.0.0.{number}",
            enabled=True,
            API_version_major=2,
            API_version_minor=21,
            API_version_vendor="XenSource",
            capabilities=["xen-3.0-x86_64", "hvm-3.0-x86_32", "hvm-3.0-x86_64"],
            cpu_info={"cpu_count": str(_CPUS), "socket_count": "2", "vendor": "GenuineIntel"},
            software_version=_software(),
            edition="enterprise",
            metrics=self._host_metrics(),
        )
        self.hosts.append(host)
        self._pif(host, number)
        self._control_domain(host, number)

    def _host_metrics(self) -> str:
        return self.db.create(
            "host_metrics",
            memory_total=HOST_MEMORY,
            memory_free=HOST_MEMORY - _CONTROL_MEMORY,
            live=True,
            last_updated=self.pool.clock.iso(),
        )

    def _pif(self, host: str, number: int) -> None:
        self.db.create(
            "PIF",
            device="eth0",
            network=self.network,
            host=host,
            MAC=f"00:16:3e:00:00:{number:02x}",
            MTU=1500,
            VLAN=-1,
            physical=True,
            currently_attached=True,
            management=True,
            ip_configuration_mode="Static",
            IP=f"127.0.0.{number}",
            netmask="255.0.0.0",
            metrics=self.db.create("PIF_metrics", carrier=True, speed=10000, duplex=True),
        )

    def _control_domain(self, host: str, number: int) -> None:
        vm = machines.new_vm(
            self.pool,
            {
                "name_label": f"Control domain on host: xs{number}",
                "is_control_domain": True,
                "affinity": host,
                **_memory(_CONTROL_MEMORY),
                **_cpus(4),
            },
        )
        self.db.put("VM", vm, power_state="Running", resident_on=host, domid=0)
        self.db.put("host", host, control_domain=vm)

    def _storage(self) -> None:
        self.sr = self._sr(DEFAULT_SR, "nfs", SHARED_SIZE, self.hosts)
        for number, host in enumerate(self.hosts, 1):
            self._sr(f"Local storage xs{number}", "lvm", LOCAL_SIZE, [host])
        library = self._sr("ISO library", "iso", 0, self.hosts)
        for name, size in _ISOS.items():
            self._iso(library, name, size)
        for kind in storage.ABILITIES:
            self.db.create("SM", type=kind, name_label=kind, vendor="Citrix Systems Inc")

    def _sr(self, name: str, kind: str, size: int, hosts: list[str]) -> str:
        sr = self.db.create(
            "SR",
            name_label=name,
            type=kind,
            content_type="iso" if kind == "iso" else "user",
            shared=len(hosts) > 1 or kind == "iso",
            physical_size=size,
        )
        for host in hosts:
            self.db.create("PBD", host=host, SR=sr, currently_attached=True)
        return sr

    def _iso(self, sr: str, name: str, size: int) -> None:
        self.db.create(
            "VDI",
            name_label=name,
            SR=sr,
            location=name,
            virtual_size=size,
            physical_utilisation=size,
            type="user",
            read_only=True,
            sharable=True,
            managed=True,
            is_tools_iso=name.startswith("xs-tools"),
        )

    def _pool(self) -> None:
        self.db.create(
            "pool",
            name_label="Simulated pool",
            master=self.hosts[0],
            default_SR=self.sr,
            suspend_image_SR=self.sr,
            crash_dump_SR=self.sr,
        )

    def _templates(self) -> None:
        deb12 = self._guest("deb12", is_a_template=True)
        self.db.put("VM", deb12, name_description="Configured: a disk, an interface, guest tools")
        self._machine("blank", **_HVM, is_a_template=True, name_description="Unconfigured: no disk")
        self._default_template("Other install media", _HVM, {})
        self._default_template("Debian Bookworm 12", _PVH, {"disks": _DISKS})

    def _default_template(self, name: str, kind: dict[str, Any], extra: dict[str, str]) -> None:
        vm = self._machine(
            name, **kind, is_a_template=True, other_config={"default_template": "true", **extra}
        )
        self.db.put("VM", vm, is_default_template=True)

    def _vms(self) -> None:
        web01 = self._guest("web01")
        self._run(web01, 0)
        guests.report(self.pool, web01, self.db.get("VM", web01)["domid"])
        self._guest("web02")
        self._run(self._database("db01"), min(1, len(self.hosts) - 1))
        batch01 = self._guest("batch01")
        self._run(batch01, len(self.hosts) - 1)
        image = disks.create(self.pool, self.sr, _suspend_image())
        domains.suspend(self.pool, batch01, image)

    def _guest(self, name: str, **fields: Any) -> str:  # noqa: ANN401  # wire values
        """Create a paravirtual guest with the tools, a disk and an interface."""
        vm = self._machine(name, **_PVH, other_config={guests.TOOLS: "true"}, **fields)
        self._disk(vm, f"{name} system")
        self._interface(vm)
        return vm

    def _database(self, name: str) -> str:
        """Create an HVM guest without the tools, with a CD drive."""
        vm = self._machine(name, **_HVM)
        self._disk(vm, f"{name} data")
        machines.new_vbd(self.pool, {"VM": vm, "type": "CD", "mode": "RO", **_EMPTY})
        self._interface(vm)
        return vm

    def _machine(self, name: str, **fields: Any) -> str:  # noqa: ANN401  # wire values
        size, cpus = _memory(256 * MIB), _cpus(1)
        return machines.new_vm(self.pool, {"name_label": name, **size, **cpus, **fields})

    def _disk(self, vm: str, name: str) -> None:
        vdi = disks.create(
            self.pool, self.sr, {"name_label": name, "virtual_size": 8 * GIB, "type": "system"}
        )
        machines.new_vbd(
            self.pool,
            {
                "VM": vm,
                "VDI": vdi,
                "userdevice": "0",
                "bootable": True,
                "mode": "RW",
                "type": "Disk",
                "other_config": {"owner": ""},
            },
        )

    def _interface(self, vm: str) -> None:
        machines.new_vif(self.pool, {"VM": vm, "network": self.network, "device": "0", "MTU": 1500})

    def _run(self, vm: str, host: int) -> None:
        domains.prepare(self.pool, vm, self.hosts[host])
        domains.bring_up(self.pool, vm, self.hosts[host], paused=False)


_HVM: dict[str, Any] = {
    "domain_type": "hvm",
    "HVM_boot_policy": "BIOS order",
    "HVM_boot_params": {"order": "cd"},
    "platform": {"acpi": "1", "apic": "true", "pae": "true", "viridian": "true"},
}
_PVH: dict[str, Any] = {
    "domain_type": "pvh",
    "PV_bootloader": "pygrub",
    "platform": {"pae": "true"},
}
_EMPTY: dict[str, Any] = {"userdevice": "3", "empty": True, "VDI": NULL}


def _memory(size: int) -> dict[str, int]:
    names = ("memory_static_max", "memory_dynamic_max", "memory_dynamic_min", "memory_static_min")
    return dict.fromkeys(names, size)


def _cpus(number: int) -> dict[str, int]:
    return {"VCPUs_max": number, "VCPUs_at_startup": number}


def _software() -> dict[str, str]:
    return {
        "product_brand": "XenServer",
        "product_version": "8.4.0",
        "product_version_text": "8",
        "xapi": "26.22",
        "xen": "4.17",
        "date": "2026-08-24",
    }


def _suspend_image() -> dict[str, Any]:
    size = int(256 * MIB * 1.26) + 100 * MIB
    return {"name_label": "Suspend image", "virtual_size": size, "type": "suspend"}
