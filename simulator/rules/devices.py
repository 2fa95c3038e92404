"""The preconditions of VBD and VIF (ocaml/xapi/xapi_vbd_helpers.ml, xapi_vif_helpers.ml)."""

from simulator.errors import Failure
from simulator.rules import vm as vm_rules
from simulator.rules.view import Rule, View, busy, peek, records
from simulator.tables import Database, Record

VBD_OPERATIONS = (
    *("attach", "eject", "unplug", "unplug_force", "insert", "plug", "pause", "unpause"),
)
VIF_OPERATIONS = ("attach", "plug", "unplug")

_UNPLUG = frozenset({"unplug", "unplug_force"})
_HOTPLUG = _UNPLUG | {"plug"}
_MEDIA = frozenset({"insert", "eject"})
_SUSPENDABLE = frozenset({"pause", "unpause"})
_ENDING = ("clean_shutdown", "hard_shutdown", "suspend", "pause")
_USING_DISK = frozenset({"attach", "plug", "insert"})
_HARMLESS_TO_DISKS = frozenset({"copy", "mirror"})


def owner(view: View) -> View:
    """Return the view of a device's VM."""
    ref = view.record["VM"]
    return View(view.db, "VM", ref, view.db.get("VM", ref))


def sharing(db: Database, vbd: Record, disk: str) -> Failure | None:
    """Refuse a second writer, or a reader beside a writer, of a disk that is not sharable."""
    if disk in db.held:
        return Failure("VDI_IN_USE", disk)
    image = db.get("VDI", disk)
    writes = vbd["mode"] == "RW"
    if not image["sharable"] and not _is_system_domain(db, vbd["VM"]):
        others = [other for other in attachments(db, image) if other is not vbd]
        if others if writes else any(other["mode"] == "RW" for other in others):
            return Failure("VDI_IN_USE", disk)
    return Failure("VDI_READONLY", disk) if writes and image["read_only"] else None


def attachments(db: Database, image: Record) -> list[Record]:
    """Return the VBDs by which running VMs hold a disk, or are about to."""
    return [
        vbd
        for _, vbd in records(db, "VBD", image["VBDs"])
        if _holds(vbd) and not _is_suspended(db, vbd["VM"]) and not _is_system_domain(db, vbd["VM"])
    ]


def _holds(vbd: Record) -> bool:
    return bool(vbd["currently_attached"] or vbd["current_operations"])


def _is_suspended(db: Database, vm: str) -> bool:
    record = peek(db, "VM", vm)
    return record is None or record["power_state"] == "Suspended"


def _is_system_domain(db: Database, vm: str) -> bool:
    record = peek(db, "VM", vm)
    return bool(record and vm_rules.is_system_domain(record))


def _own_vbd(view: View, op: str) -> Failure | None:
    current = view.record["current_operations"]
    beside = {"pause": _SUSPENDABLE, "unpause": _SUSPENDABLE | {"attach"}}.get(op, frozenset())
    return busy("VBD", view.ref, current) if set(current.values()) - beside else None


def _own_vif(view: View, _op: str) -> Failure | None:
    current = view.record["current_operations"]
    return busy("VIF", view.ref, current, braces=True) if current else None


def _not_unpluggable(view: View, op: str) -> Failure | None:
    if op not in _UNPLUG or view.record["unpluggable"]:
        return None
    return Failure("VBD_NOT_UNPLUGGABLE", view.ref)


def _medium(view: View, op: str) -> Failure | None:
    if op not in _MEDIA:
        return None
    if view.record["type"] != "CD":
        return Failure("VBD_NOT_REMOVABLE_MEDIA", view.ref)
    if op == "eject" and view.record["empty"]:
        return Failure("VBD_IS_EMPTY", view.ref)
    if op == "insert" and not view.record["empty"]:
        return Failure("VBD_NOT_EMPTY", view.ref)
    return None


def _power_state(view: View, op: str) -> Failure | None:
    """Refuse to plug devices of a VM that does not run, and then what is so already."""
    actual = owner(view).record["power_state"]
    if actual != "Running":
        barred = _HOTPLUG if actual == "Paused" else _HOTPLUG | _SUSPENDABLE
        wanted = Failure("VM_BAD_POWER_STATE", view.record["VM"], "running", actual.lower())
        return wanted if op in barred else None
    attached = view.record["currently_attached"]
    if op == "plug" and attached:
        return Failure("DEVICE_ALREADY_ATTACHED", view.ref)
    if op in _UNPLUG and not attached:
        return Failure("DEVICE_ALREADY_DETACHED", view.ref)
    return None


def _vm_is_ending(view: View, op: str) -> Failure | None:
    if op not in {"plug", "unplug"}:
        return None
    for running in owner(view).record["current_operations"].values():
        if running in _ENDING:
            text = f"Current operation on VM:{view.record['VM']} is {running}"
            return Failure("OPERATION_NOT_ALLOWED", text)
    return None


def _drivers(view: View, op: str) -> Failure | None:
    vm = owner(view)
    if op not in _HOTPLUG or not vm_rules.is_hvm(vm):
        return None
    agent = peek(view.db, "VM_guest_metrics", vm.record["guest_metrics"]) or {}
    match agent.get(f"can_use_hotplug_{view.cls.lower()}"):
        case "yes":
            return None
        case "no":
            text = f"VM states it does not support {view.cls} hotplug."
            return Failure("OPERATION_NOT_ALLOWED", text)
        case _ if agent.get("PV_drivers_detected") or agent.get("PV_drivers_version"):
            return None
        case _:
            return Failure("VM_MISSING_PV_DRIVERS", view.record["VM"])


def _hvm_drive(view: View, op: str) -> Failure | None:
    if op not in _HOTPLUG or view.record["type"] != "CD" or not vm_rules.is_hvm(owner(view)):
        return None
    text = "HVM CDROMs cannot be hotplugged/unplugged, only inserted or ejected"
    return Failure("OPERATION_NOT_ALLOWED", text)


def _suspended_drive(view: View, op: str) -> Failure | None:
    vm = view.record["VM"]
    if op not in _MEDIA or not _is_suspended(view.db, vm):
        return None
    return Failure("VM_BAD_POWER_STATE", vm, "halted, running", "suspended")


def _managed(view: View, _op: str) -> Failure | None:
    image = peek(view.db, "VDI", view.record["VDI"])
    unmanaged = image is not None and not image["managed"]
    return Failure("VDI_NOT_MANAGED", view.ref) if unmanaged else None


def _disk_is_busy(view: View, op: str) -> Failure | None:
    disk = view.record["VDI"]
    image = peek(view.db, "VDI", disk)
    if image is None or op not in _USING_DISK:
        return None
    current = image["current_operations"]
    return busy("VDI", disk, current) if set(current.values()) - _HARMLESS_TO_DISKS else None


def _sharing(view: View, op: str) -> Failure | None:
    disk = view.record["VDI"]
    if op not in _USING_DISK or view.record["currently_attached"]:
        return None
    return sharing(view.db, view.record, disk) if view.db.exists("VDI", disk) else None


VIF_RULES: tuple[Rule, ...] = (_own_vif, _power_state, _vm_is_ending, _drivers)
VBD_RULES_LISTED: tuple[Rule, ...] = (
    _own_vbd,
    _not_unpluggable,
    _medium,
    _power_state,
    _vm_is_ending,
    _drivers,
    _hvm_drive,
    _suspended_drive,
    _managed,
    _disk_is_busy,
)
VBD_RULES: tuple[Rule, ...] = (*VBD_RULES_LISTED, _sharing)
"""`allowed_operations` is computed without the last rule: sharing counts only when it matters."""
