"""The preconditions of VBD and VIF (ocaml/xapi/xapi_vbd_helpers.ml, xapi_vif_helpers.ml)."""

from simulator.errors import Failure
from simulator.rules import vm as vm_rules
from simulator.rules.view import Rule, View, busy, own_operation, peek, records
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
_HARMLESS_TO_DISKS = frozenset({"copy", "mirror"})


def is_removable(vbd: Record) -> bool:
    """Return whether a drive's medium can be changed."""
    return bool(vbd["type"] in {"CD", "Floppy"})


def owner(view: View) -> View:
    """Return the view of a device's VM."""
    ref = view.record["VM"]
    return View(view.db, "VM", ref, view.db.get("VM", ref))


def sharing(db: Database, vbd: Record, disk: str) -> Failure | None:
    """Refuse a second writer, or a reader beside a writer, of a disk that is not sharable."""
    image = db.get("VDI", disk)
    writes = vbd["mode"] == "RW"
    if writes and image["read_only"]:
        return Failure("VDI_READONLY", disk)
    if image["sharable"]:
        return None
    if disk in db.held:
        return Failure("VDI_IN_USE", disk)
    others = [other for other in attachments(db, image) if other is not vbd]
    clash = others if writes else [other for other in others if other["mode"] == "RW"]
    return Failure("VDI_IN_USE", disk) if clash else None


def attachments(db: Database, image: Record) -> list[Record]:
    """Return the VBDs by which running VMs hold a disk, or are about to."""
    return [
        vbd
        for _, vbd in records(db, "VBD", image["VBDs"])
        if _holds(vbd) and not _sleeps(db, vbd["VM"])
    ]


def _holds(vbd: Record) -> bool:
    return vbd["currently_attached"] or "attach" in vbd["current_operations"].values()


def _sleeps(db: Database, vm: str) -> bool:
    record = peek(db, "VM", vm)
    return record is None or record["power_state"] == "Suspended" or record["is_control_domain"]


def _not_unpluggable(view: View, op: str) -> Failure | None:
    if op not in _UNPLUG or view.record["unpluggable"]:
        return None
    return Failure("VBD_NOT_UNPLUGGABLE", view.ref)


def _attached(view: View, op: str) -> Failure | None:
    attached = view.record["currently_attached"]
    if op == "plug" and attached:
        return Failure("DEVICE_ALREADY_ATTACHED", view.ref)
    if op in _UNPLUG | _SUSPENDABLE and not attached:
        return Failure("DEVICE_ALREADY_DETACHED", view.ref)
    return None


def _medium(view: View, op: str) -> Failure | None:
    if op not in _MEDIA:
        return None
    if not is_removable(view.record):
        return Failure("VBD_NOT_REMOVABLE_MEDIA", view.ref)
    if op == "eject" and view.record["empty"]:
        return Failure("VBD_IS_EMPTY", view.ref)
    if op == "insert" and not view.record["empty"]:
        return Failure("VBD_NOT_EMPTY", view.ref)
    return None


def _power_state(view: View, op: str) -> Failure | None:
    vm = view.record["VM"]
    actual = owner(view).record["power_state"]
    if op in _HOTPLUG | _SUSPENDABLE and actual != "Running":
        return Failure("VM_BAD_POWER_STATE", vm, "running", actual.lower())
    if op in _MEDIA and actual not in {"Halted", "Running"}:
        return Failure("VM_BAD_POWER_STATE", vm, "halted, running", actual.lower())
    return None


def _vm_is_ending(view: View, op: str) -> Failure | None:
    if op not in _HOTPLUG | _MEDIA:
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
    agent = peek(view.db, "VM_guest_metrics", vm.record["guest_metrics"])
    if agent and agent[f"can_use_hotplug_{view.cls.lower()}"] == "no":
        text = f"VM states it does not support {view.cls} hotplug."
        return Failure("OPERATION_NOT_ALLOWED", text)
    if not agent or not (agent["PV_drivers_detected"] or agent["PV_drivers_version"]):
        return Failure("VM_MISSING_PV_DRIVERS", view.record["VM"])
    return None


def _hvm_drive(view: View, op: str) -> Failure | None:
    if op not in _HOTPLUG or view.record["type"] != "CD" or not vm_rules.is_hvm(owner(view)):
        return None
    text = "HVM CDROMs cannot be hotplugged/unplugged, only inserted or ejected"
    return Failure("OPERATION_NOT_ALLOWED", text)


def _disk_is_busy(view: View, op: str) -> Failure | None:
    disk = view.record["VDI"]
    image = peek(view.db, "VDI", disk)
    if image is None or op in _UNPLUG | _SUSPENDABLE:
        return None
    doing = {
        task: running
        for task, running in image["current_operations"].items()
        if running not in _HARMLESS_TO_DISKS
    }
    return busy("VDI", disk, doing) if doing else None


def _sharing(view: View, op: str) -> Failure | None:
    disk = view.record["VDI"]
    if op not in {"plug", "attach"} or not view.db.exists("VDI", disk):
        return None
    return sharing(view.db, view.record, disk)


VIF_RULES: tuple[Rule, ...] = (own_operation, _attached, _power_state, _vm_is_ending, _drivers)
VBD_RULES_LISTED: tuple[Rule, ...] = (
    own_operation,
    _not_unpluggable,
    _attached,
    _medium,
    _power_state,
    _vm_is_ending,
    _drivers,
    _hvm_drive,
    _disk_is_busy,
)
VBD_RULES: tuple[Rule, ...] = (*VBD_RULES_LISTED, _sharing)
"""`allowed_operations` is computed without the last rule: sharing counts only when it matters."""
