"""The preconditions of VDI operations (ocaml/xapi/xapi_vdi.ml)."""

from collections.abc import Callable

from simulator.errors import Failure
from simulator.rules.storage import can
from simulator.rules.view import Rule, View, busy, peek, records
from simulator.tables import Record

OPERATIONS = (
    *("clone", "copy", "resize", "resize_online", "snapshot", "destroy", "forget", "update"),
    *("force_unlock", "generate_config"),
)
"""The operations that `allowed_operations` may name: those that releases before 7.1 know."""

_ABILITY = {
    "clone": "vdi_clone",
    "snapshot": "vdi_snapshot",
    "resize": "vdi_resize",
    "resize_online": "vdi_resize_online",
    "destroy": "vdi_destroy",
    "mirror": "vdi_mirror",
    "set_on_boot": "vdi_set_on_boot",
    "update": "update",
    "generate_config": "generate_config",
    **dict.fromkeys(("enable_cbt", "disable_cbt", "data_destroy", "list_changed_blocks"), "cbt"),
}
_WHILE_ATTACHED = frozenset(
    {
        *("snapshot", "resize_online", "clone", "mirror", "enable_cbt", "disable_cbt"),
        "data_destroy",
    }
)
_OF_ONES_WITH_DATA = frozenset(
    {
        *("clone", "copy", "disable_cbt", "enable_cbt", "mirror", "resize", "resize_online"),
        *("snapshot", "set_on_boot"),
    }
)
_OF_MANAGED_ONES = frozenset(
    {
        *("destroy", "data_destroy", "snapshot", "clone", "copy", "resize", "resize_online"),
        "generate_config",
    }
)
_NOT_WHILE_TRACKED = frozenset({"mirror", "set_on_boot"})
_TRACKABLE = frozenset({"system", "user"})
_OF_HIGH_AVAILABILITY = frozenset({"ha_statefile", "redo_log"})
_COPYING = "copy"
_TYPES = {
    "ha_statefile": "HA statefile",
    "redo_log": "Redo log",
    "rrd": "rrd",
    "pvs_cache": "PVS cache",
    "cbt_metadata": "CBT metadata",
}
_UNCOPIED = (
    "VDI containing HA statefile or redo log cannot be copied (check the VDI's allowed operations)."
)


def incompatible(vdi: str, kind: str) -> Failure:
    """Return the refusal of a disk for its type, named as the toolstack words it."""
    return Failure("VDI_INCOMPATIBLE_TYPE", vdi, _TYPES.get(kind, kind.capitalize()))


def _in_operation(view: View, op: str) -> Failure | None:
    current = view.record["current_operations"]
    if set(current.values()) <= {_COPYING} or (op == "destroy" and "mirror" in current.values()):
        return None
    return busy(view.cls, view.ref, current)


def _attached(view: View, op: str) -> Failure | None:
    """Refuse what needs the disk detached; a copy has it attached to read."""
    if op in _WHILE_ATTACHED:
        return None
    attached = [
        vbd for _, vbd in records(view.db, "VBD", view.record["VBDs"]) if vbd["currently_attached"]
    ]
    reads = bool(attached) or _COPYING in view.record["current_operations"].values()
    match op:
        case "copy":
            blocked = any(vbd["mode"] == "RW" for vbd in attached)
        case "list_changed_blocks":
            blocked = not all(_is_of_a_snapshot(view, vbd) for vbd in attached)
        case _:
            blocked = reads
    return Failure("VDI_IN_USE", view.ref, op) if blocked or view.ref in view.db.held else None


def _is_of_a_snapshot(view: View, vbd: Record) -> bool:
    vm = peek(view.db, "VM", vbd["VM"])
    return vm is not None and bool(vm["is_a_snapshot"])


def _device_is_busy(view: View, op: str) -> Failure | None:
    for _, vbd in records(view.db, "VBD", view.record["VBDs"]):
        if vbd["current_operations"] and op != "data_destroy":
            return busy("VDI", view.ref, vbd["current_operations"])
    return None


def _back_end(view: View, op: str) -> Failure | None:
    sr = view.record["SR"]
    home = peek(view.db, "SR", sr)
    if home is None or op not in _ABILITY or can(home, _ABILITY[op]):
        return None
    return Failure("SR_OPERATION_NOT_SUPPORTED", sr)


def _changed_blocks(view: View, op: str) -> Failure | None:
    """Refuse what a disk without data cannot do, and what one cannot whose changes are tracked."""
    if op in _OF_ONES_WITH_DATA and view.record["type"] == "cbt_metadata":
        return incompatible(view.ref, "cbt_metadata")
    if op in _NOT_WHILE_TRACKED and view.record["cbt_enabled"]:
        return Failure("VDI_CBT_ENABLED", view.ref)
    return None


def _deletion(view: View) -> Failure | None:
    home = peek(view.db, "SR", view.record["SR"])
    if home and home["is_tools_sr"]:
        return Failure("SR_OPERATION_NOT_SUPPORTED", view.record["SR"])
    return _statistics(view) or _kept_by_availability(view)


def _statistics(view: View) -> Failure | None:
    return Failure("VDI_HAS_RRDS", view.ref) if view.record["type"] == "rrd" else None


def _kept_by_availability(view: View) -> Failure | None:
    pool = view.db.get("pool", view.db.refs("pool")[0])
    kept = pool["ha_enabled"] and view.record["type"] in _OF_HIGH_AVAILABILITY
    return Failure("HA_IS_ENABLED") if kept else None


def _without_record(view: View) -> Failure | None:
    if not view.record["is_a_snapshot"]:
        return Failure("OPERATION_NOT_ALLOWED", f"VDI is not a snapshot: {view.ref}")
    return None if view.record["cbt_enabled"] else Failure("VDI_NO_CBT_METADATA", view.ref)


def _snapshot(view: View) -> Failure | None:
    if view.record["sharable"]:
        return Failure("VDI_IS_SHARABLE", view.ref)
    if view.record["on_boot"] == "reset":
        return Failure("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION")
    if _COPYING in view.record["current_operations"].values():
        return Failure("OPERATION_NOT_ALLOWED", "Snapshot operation not allowed during copy.")
    return None


def _tracking(view: View) -> Failure | None:
    if view.record["is_a_snapshot"]:
        return Failure("OPERATION_NOT_ALLOWED", f"VDI is a snapshot: {view.ref}")
    if view.record["type"] not in _TRACKABLE:
        return incompatible(view.ref, view.record["type"])
    if view.record["on_boot"] == "reset":
        return Failure("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION")
    return None


def _copy(view: View) -> Failure | None:
    uncopied = view.record["type"] in _OF_HIGH_AVAILABILITY
    return Failure("OPERATION_NOT_ALLOWED", _UNCOPIED) if uncopied else None


_OWN: dict[str, Callable[[View], Failure | None]] = {
    "destroy": _deletion,
    "data_destroy": lambda view: _without_record(view) or _deletion(view),
    "forget": lambda view: _kept_by_availability(view) or _statistics(view),
    "resize": _kept_by_availability,
    "resize_online": _kept_by_availability,
    "snapshot": _snapshot,
    "copy": _copy,
    "enable_cbt": _tracking,
    "disable_cbt": _tracking,
}


def _own(view: View, op: str) -> Failure | None:
    return _OWN[op](view) if op in _OWN else None


def _managed(view: View, op: str) -> Failure | None:
    unmanaged = op in _OF_MANAGED_ONES and not view.record["managed"]
    return Failure("VDI_NOT_MANAGED", view.ref) if unmanaged else None


RULES_LISTED: tuple[Rule, ...] = (
    *(_in_operation, _attached, _device_is_busy, _back_end, _changed_blocks, _own),
)
RULES: tuple[Rule, ...] = (*RULES_LISTED, _managed)
"""`allowed_operations` is computed without the last rule: the method itself checks it."""
