"""Preconditions of VDI and SR (xapi_vdi.ml, xapi_sr_operations.ml), and the abilities of SRs."""

from simulator.errors import Failure
from simulator.rules.view import Rule, View, busy, own_operation, peek, records
from simulator.tables import Database, Record

_DISKS = frozenset(
    {
        *("vdi_create", "vdi_destroy", "vdi_resize", "vdi_clone", "vdi_snapshot"),
        *("vdi_mirror", "vdi_introduce", "vdi_set_on_boot", "update", "scan"),
    }
)
_LUNS = frozenset({"vdi_create", "vdi_destroy", "vdi_introduce", "scan"})
_MEDIA = frozenset({"vdi_introduce", "update", "scan"})
ABILITIES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("nfs", "smb", "ext", "file", "lvm", "lvmoiscsi", "lvmohba"), _DISKS),
    **dict.fromkeys(("iscsi", "hba"), _LUNS),
    **dict.fromkeys(("iso", "udev"), _MEDIA),
}
"""SR type to what its back end can do, in the words of an SR's operations."""

THICK = frozenset({"lvm", "lvmoiscsi", "lvmohba", "iscsi", "hba"})
"""SR types whose disks take their whole size from the start."""

SR_OPERATIONS = (
    *("scan", "destroy", "forget", "plug", "unplug", "update", "vdi_create", "vdi_introduce"),
    *("vdi_destroy", "vdi_resize", "vdi_clone", "vdi_snapshot", "vdi_mirror", "vdi_set_on_boot"),
    *("pbd_create", "pbd_destroy"),
)
VDI_OPERATIONS = (
    *("clone", "copy", "resize", "resize_online", "snapshot", "destroy", "forget", "update"),
    *("generate_config", "set_on_boot"),
)
_BY_BACK_END = {
    "clone": "vdi_clone",
    "snapshot": "vdi_snapshot",
    "resize": "vdi_resize",
    "resize_online": "vdi_resize_online",
    "destroy": "vdi_destroy",
    "set_on_boot": "vdi_set_on_boot",
    "update": "update",
}
_NEED_DETACHED = frozenset({"destroy", "resize", "forget", "update", "generate_config"})
_ALWAYS_POSSIBLE = frozenset({"destroy", "forget", "plug", "unplug", "pbd_create", "pbd_destroy"})


def can(sr: Record, ability: str) -> bool:
    """Return whether the back end of an SR has an ability."""
    return ability in ABILITIES.get(sr["type"], frozenset())


def is_plugged(db: Database, sr: Record) -> bool:
    """Return whether any host is attached to an SR."""
    return any(pbd["currently_attached"] for _, pbd in records(db, "PBD", sr["PBDs"]))


def _attached(view: View, op: str) -> Failure | None:
    if op not in _NEED_DETACHED | {"copy"}:
        return None
    if view.ref in view.db.held:
        return Failure("VDI_IN_USE", view.ref, op)
    held = [
        vbd
        for _, vbd in records(view.db, "VBD", view.record["VBDs"])
        if vbd["currently_attached"] and (op != "copy" or vbd["mode"] == "RW")
    ]
    return Failure("VDI_IN_USE", view.ref, op) if held else None


def _device_is_busy(view: View, op: str) -> Failure | None:
    for _, vbd in records(view.db, "VBD", view.record["VBDs"]):
        doing = vbd["current_operations"]
        if doing and op not in {"clone", "snapshot", "copy"}:
            return busy("VDI", view.ref, doing)
    return None


def _not_during_copy(view: View, op: str) -> Failure | None:
    doing = view.record["current_operations"]
    if op == "snapshot" and "copy" in doing.values():
        return Failure("OPERATION_NOT_ALLOWED", "Snapshot operation not allowed during copy.")
    return own_operation(view, op) if op != "copy" else None


def _back_end(view: View, op: str) -> Failure | None:
    sr = view.record["SR"]
    home = peek(view.db, "SR", sr)
    if home is None or op not in _BY_BACK_END:
        return None
    if home["type"] == "udev" and op == "destroy":
        return Failure("VDI_IS_A_PHYSICAL_DEVICE", view.ref)
    lacks = not can(home, _BY_BACK_END[op]) or (home["is_tools_sr"] and op == "destroy")
    return Failure("SR_OPERATION_NOT_SUPPORTED", sr) if lacks else None


def _own(view: View, op: str) -> Failure | None:
    image = view.record
    match op:
        case "destroy" if not image["managed"]:
            return Failure("VDI_NOT_MANAGED", view.ref)
        case "destroy" if image["type"] == "rrd":
            return Failure("VDI_HAS_RRDS", view.ref)
        case "snapshot" if image["sharable"]:
            return Failure("VDI_IS_SHARABLE", view.ref)
        case "snapshot" if image["on_boot"] == "reset":
            return Failure("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION")
        case _:
            return None


def _sr_busy(view: View, op: str) -> Failure | None:
    current = view.record["current_operations"]
    shared = op == "plug" and set(current.values()) <= {"plug"}
    return None if shared else own_operation(view, op)


def _sr_ability(view: View, op: str) -> Failure | None:
    if op in _ALWAYS_POSSIBLE or can(view.record, op):
        return None
    return Failure("SR_OPERATION_NOT_SUPPORTED", view.ref)


def _sr_plugged(view: View, op: str) -> Failure | None:
    if op not in {"destroy", "forget"} or not is_plugged(view.db, view.record):
        return None
    return Failure("SR_HAS_PBD", view.ref)


def _sr_unplugged(view: View, op: str) -> Failure | None:
    if op in _ALWAYS_POSSIBLE or is_plugged(view.db, view.record):
        return None
    return Failure("SR_HAS_NO_PBDS", view.ref)


def _sr_disks(view: View, op: str) -> Failure | None:
    if op != "destroy":
        return None
    if not view.record["PBDs"]:
        return Failure("SR_HAS_NO_PBDS", view.ref)
    if any(image["managed"] for _, image in records(view.db, "VDI", view.record["VDIs"])):
        return Failure("SR_NOT_EMPTY")
    return None


VDI_RULES: tuple[Rule, ...] = (_not_during_copy, _attached, _device_is_busy, _back_end, _own)
SR_RULES_LISTED: tuple[Rule, ...] = (_sr_ability, _sr_plugged, _sr_disks, _sr_busy)
SR_RULES: tuple[Rule, ...] = (*SR_RULES_LISTED, _sr_unplugged)
"""`allowed_operations` is computed without the last rule: who does the work is chosen later."""
