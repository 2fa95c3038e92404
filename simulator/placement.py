"""Where a VM may run (ocaml/xapi/xapi_vm_helpers.ml)."""

from simulator import memory
from simulator.errors import Failure
from simulator.rules import hosts
from simulator.rules import vm as vm_rules
from simulator.rules.view import View, peek, records
from simulator.tables import Database, Record

_DEVICES = frozenset({"VBD", "VIF"})


def choose(db: Database, vm: str) -> str:
    """Return the host for a VM: its affinity if that fits, else the one with most free memory."""
    fitting = possible(db, vm)
    affinity = db.get("VM", vm)["affinity"]
    if not fitting:
        raise Failure("NO_HOSTS_AVAILABLE")
    if affinity in fitting:
        return str(affinity)
    return max(fitting, key=lambda host: memory.free(db, host))


def possible(db: Database, vm: str) -> list[str]:
    """Return the hosts on which a VM could start now."""
    return [host for host in db.refs("host") if refusal(db, vm, host) is None]


def refusal(db: Database, vm: str, host: str) -> Failure | None:
    """Return the reason why a VM cannot start on a host, or nothing."""
    try:
        assert_can_boot(db, vm, host)
    except Failure as failure:
        return failure
    return None


def assert_can_boot(db: Database, vm: str, host: str) -> None:
    """Refuse a host that cannot start a VM, with XenServer's exact reason."""
    _assert_parameters(db.get("VM", vm))
    assert_up(db, host)
    assert_suits(db, vm, host)


def assert_up(db: Database, host: str) -> None:
    """Refuse a host that is down, disabled or being evacuated."""
    record = db.get("host", host)
    if not is_live(db, host):
        raise Failure("HOST_NOT_LIVE")
    if not record["enabled"]:
        raise Failure("HOST_DISABLED", host)
    assert_not_evacuating(db, host)


def assert_not_evacuating(db: Database, host: str) -> None:
    """Refuse a host that is being evacuated."""
    if "evacuate" in db.get("host", host)["current_operations"].values():
        raise Failure("HOST_EVACUATE_IN_PROGRESS", host)


def is_live(db: Database, host: str) -> bool:
    """Return whether a host is live."""
    return hosts.is_live(View(db, "host", host, db.get("host", host)))


def resident_host(db: Database, cls: str, ref: str) -> str | None:
    """Return the host that a VM, or the VM of a device, runs on."""
    vm = peek(db, cls, ref) if cls in {"VM", *_DEVICES} else None
    if vm and cls in _DEVICES:
        vm = peek(db, "VM", vm["VM"])
    return str(vm["resident_on"]) if vm and db.exists("host", vm["resident_on"]) else None


def assert_suits(db: Database, vm: str, host: str, *, by_memory: bool = True) -> None:
    """Refuse a host that lacks a VM's storage, networks, abilities, memory or processors."""
    record = db.get("VM", vm)
    _assert_sees_storage(db, vm, host)
    _assert_sees_networks(db, vm, host)
    _assert_has_devices(record, host)
    _assert_virtualises(db, record, vm, host)
    if by_memory:
        _assert_memory(db, record, host)
    _assert_processors(db, record, host)


def storage_of(db: Database, vm: str) -> list[str]:
    """Return the storage repositories that hold a VM's disks and media, each once."""
    images = [vbd["VDI"] for _, vbd in records(db, "VBD", db.get("VM", vm)["VBDs"])]
    return list(dict.fromkeys(image["SR"] for _, image in records(db, "VDI", images)))


def networks_of(db: Database, vm: str) -> list[str]:
    """Return the networks that a VM's interfaces are on, each once."""
    vifs = records(db, "VIF", db.get("VM", vm)["VIFs"])
    return list(dict.fromkeys(vif["network"] for _, vif in vifs))


def sees_storage(db: Database, host: str, sr: str) -> bool:
    """Return whether a host is attached to a storage repository."""
    pbds = db.get("SR", sr)["PBDs"] if db.exists("SR", sr) else []
    return any(
        pbd["host"] == host and pbd["currently_attached"] for _, pbd in records(db, "PBD", pbds)
    )


def sees_network(db: Database, host: str, network: str) -> bool:
    """Return whether a host can attach a network: by an interface of its own, or within itself."""
    if not db.exists("network", network):
        return False
    pifs = db.get("network", network)["PIFs"]
    return not pifs or any(pif["host"] == host for _, pif in records(db, "PIF", pifs))


def _assert_parameters(vm: Record) -> None:
    most, first = vm["VCPUs_max"], vm["VCPUs_at_startup"]
    if most < 1:
        raise Failure("INVALID_VALUE", "VCPUs_max", most)
    if first > most:
        raise Failure(
            "VALUE_NOT_SUPPORTED", "VCPUs-at-startup", first, "value greater than VCPUs-max"
        )
    if not is_ordered(vm):
        raise Failure("MEMORY_CONSTRAINT_VIOLATION")


def is_ordered(vm: Record) -> bool:
    """Return whether a VM's four memory limits are in their order."""
    static = vm["memory_static_min"], vm["memory_static_max"]
    dynamic = vm["memory_dynamic_min"], vm["memory_dynamic_max"]
    return bool(static[0] <= dynamic[0] <= dynamic[1] <= static[1])


def _assert_sees_storage(db: Database, vm: str, host: str) -> None:
    for sr in storage_of(db, vm):
        if not sees_storage(db, host, sr):
            raise Failure("VM_REQUIRES_SR", vm, sr)


def _assert_sees_networks(db: Database, vm: str, host: str) -> None:
    for network in networks_of(db, vm):
        if not sees_network(db, host, network):
            raise Failure("VM_REQUIRES_NETWORK", vm, network)


def _assert_has_devices(vm: Record, host: str) -> None:
    """Refuse a VM with a USB device: no host has any."""
    for vusb in vm["VUSBs"]:
        text = f"VUSB {vusb} is not available on Host {host}"
        raise Failure("OPERATION_NOT_ALLOWED", text)


def _assert_virtualises(db: Database, vm: Record, ref: str, host: str) -> None:
    able = any("hvm" in word for word in db.get("host", host)["capabilities"])
    if vm_rules.domain_type(vm) != "pv" and not able:
        raise Failure("VM_HVM_REQUIRED", ref)


def _assert_memory(db: Database, vm: Record, host: str) -> None:
    needed, available = memory.needed(vm), memory.free(db, host)
    if needed > available:
        raise Failure("HOST_NOT_ENOUGH_FREE_MEMORY", needed, available)


def _assert_processors(db: Database, vm: Record, host: str) -> None:
    present = int(db.get("host", host)["cpu_info"].get("cpu_count", "1"))
    if vm["VCPUs_max"] > present:
        raise Failure("HOST_NOT_ENOUGH_PCPUS", vm["VCPUs_max"], present)
