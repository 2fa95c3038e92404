"""Methods of hosts for support and settings (ocaml/xapi/xapi_host.ml)."""

from simulator import failover, placement, preconditions
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method

_EDITIONS = ("free", "standard", "standard-per-socket", "enterprise", "enterprise-per-socket")
_CAPABILITIES = (
    '<?xml version="1.0" ?><system-status-capabilities>'
    '<capability content-type="text/plain" default-checked="yes" key="xenserver-logs" '
    'max-size="-1" max-time="-1" min-size="0" min-time="0" pii="maybe"/>'
    "</system-status-capabilities>"
)
_DISPLAY = {
    "enable": {"disabled": "enable_on_reboot", "disable_on_reboot": "enabled"},
    "disable": {"enabled": "disable_on_reboot", "enable_on_reboot": "disabled"},
}


def _register_void(name: str) -> None:
    async def accept(call: Call, host: str, *_: object) -> None:
        call.db.get("host", host)

    method(f"host.{name}")(accept)


for _name in (
    *("send_debug_keys", "syslog_reconfigure", "refresh_pack_info", "sync_data", "backup_rrds"),
    *("restart_agent", "apply_guest_agent_config"),
):
    _register_void(_name)


def _register_unimplemented(name: str, shown: str) -> None:
    async def refuse(_call: Call, *_: object) -> None:
        raise Failure("NOT_IMPLEMENTED", shown)

    method(f"host.{name}")(refuse)


for _name, _shown in (
    ("dmesg_clear", "dmesg_clear"),
    ("get_log", "get_log"),
    ("list_methods", "list_method"),
):
    _register_unimplemented(_name, _shown)


@method("host.dmesg")
async def dmesg(call: Call, host: str) -> str:
    """Return the messages of the hypervisor."""
    version = call.db.get("host", host)["software_version"].get("xen", "")
    return f"(XEN) Xen version {version}\n(XEN) *** Serial input to DOM0\n"


@method("host.get_system_status_capabilities")
async def get_system_status_capabilities(call: Call, host: str) -> str:
    """Return which parts a status report may have."""
    call.db.get("host", host)
    return _CAPABILITIES


@method("host.get_uncooperative_resident_VMs")
async def get_uncooperative_resident_vms(call: Call, host: str) -> list[str]:
    """Return no VM: guests keep to their memory targets."""
    call.db.get("host", host)
    return []


@method("host.is_in_emergency_mode")
async def is_in_emergency_mode(_call: Call) -> bool:
    """Return false: the coordinator answers."""
    return False


@method("host.ha_xapi_healthcheck")
async def ha_xapi_healthcheck(_call: Call) -> bool:
    """Return true: the toolstack answers."""
    return True


@method("host.call_extension")
async def call_extension(call: Call, host: str, name: str) -> str:
    """Refuse: simulated hosts have no extensions."""
    call.db.get("host", host)
    raise Failure("MESSAGE_METHOD_UNKNOWN", name)


@method("host.enable_display")
async def enable_display(call: Call, host: str) -> str:
    """Show the console on the physical display from the next boot on."""
    return _set_display(call, host, "enable")


@method("host.disable_display")
async def disable_display(call: Call, host: str) -> str:
    """Show the console on the physical display no longer from the next boot on."""
    return _set_display(call, host, "disable")


@method("host.set_power_on_mode")
async def set_power_on_mode(call: Call, host: str, mode: str, config: dict[str, str]) -> None:
    """Set how a host is switched on from afar."""
    call.db.put("host", host, power_on_mode=mode, power_on_config=config)


@method("host.set_iscsi_iqn")
async def set_iscsi_iqn(call: Call, host: str, value: str) -> None:
    """Set the name of a host as an iSCSI initiator."""
    if not value:
        raise Failure("INVALID_VALUE", "value", value)
    call.db.put("host", host, iscsi_iqn=value)


@method("host.get_sched_gran")
async def get_sched_gran(call: Call, host: str) -> str:
    """Return how the hypervisor schedules."""
    call.db.get("host", host)
    return call.pool.sched_gran.get(host, "cpu")


@method("host.set_sched_gran")
async def set_sched_gran(call: Call, host: str, value: str) -> None:
    """Set how the hypervisor schedules from the next boot on."""
    call.db.get("host", host)
    call.pool.sched_gran[host] = value


@method("host.apply_edition")
async def apply_edition(call: Call, host: str, edition: str, _force: bool = False) -> None:  # noqa: FBT002 - in wire order
    """Set the edition of a host."""
    call.db.get("host", host)
    if edition not in _EDITIONS:
        raise Failure("INVALID_EDITION", edition)
    call.db.put("host", host, edition=edition)


@method("host.license_add")
async def license_add(call: Call, host: str, _contents: str) -> None:
    """Refuse: no file is a licence here."""
    call.db.get("host", host)
    raise Failure("LICENSE_PROCESSING_ERROR")


@method("host.license_remove")
async def license_remove(call: Call, host: str) -> None:
    """Go back to the edition that needs no licence."""
    call.db.put("host", host, edition=_EDITIONS[0])


@method("host.declare_dead")
async def declare_dead(call: Call, host: str) -> None:
    """Call a host dead: its VMs are halted."""
    call.db.get("host", host)
    if host == call.pool.coordinator or placement.is_live(call.db, host):
        raise Failure("HOST_IS_LIVE", host)
    failover.declare_dead(call.pool, host)
    preconditions.refresh(call.db, "host", host)


def _set_display(call: Call, host: str, wanted: str) -> str:
    present = call.db.get("host", host)["display"]
    shown = _DISPLAY[wanted].get(present, present)
    call.db.put("host", host, display=shown)
    return str(shown)
