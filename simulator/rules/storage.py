"""Preconditions of SR operations (xapi_sr_operations.ml), and the abilities of SRs."""

from simulator.errors import Failure
from simulator.rules.view import Rule, View, own_operation, records
from simulator.tables import Database, Record

_DISKS = frozenset(
    {
        *("vdi_create", "vdi_destroy", "vdi_resize", "vdi_clone", "vdi_snapshot"),
        *("vdi_mirror", "vdi_introduce", "vdi_set_on_boot", "update", "scan", "cbt"),
    }
)
_NAMED = _DISKS | {"generate_config"}
_LUNS = frozenset({"vdi_create", "vdi_destroy", "vdi_introduce", "scan"})
_MEDIA = frozenset({"vdi_introduce", "update", "scan"})
ABILITIES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("nfs", "smb", "ext", "file"), _NAMED),
    "lvm": _DISKS,
    **dict.fromkeys(("lvmoiscsi", "lvmohba"), _NAMED),
    **dict.fromkeys(("iscsi", "hba"), _LUNS),
    **dict.fromkeys(("iso", "udev"), _MEDIA),
}
"""SR type to what its back end can do, in the words of an SR's operations where it has one."""

THICK = frozenset({"lvm", "lvmoiscsi", "lvmohba", "iscsi", "hba"})
"""SR types whose disks take their whole size from the start."""

SR_OPERATIONS = (
    *("scan", "destroy", "forget", "plug", "unplug", "update", "vdi_create", "vdi_introduce"),
    *("vdi_destroy", "vdi_resize", "vdi_clone", "vdi_snapshot", "vdi_mirror", "vdi_set_on_boot"),
    *("pbd_create", "pbd_destroy"),
)
_ALWAYS_POSSIBLE = frozenset({"destroy", "forget", "plug", "unplug", "pbd_create", "pbd_destroy"})


def can(sr: Record, ability: str) -> bool:
    """Return whether the back end of an SR has an ability."""
    return ability in ABILITIES.get(sr["type"], frozenset())


def is_plugged(db: Database, sr: Record) -> bool:
    """Return whether any host is attached to an SR."""
    return any(pbd["currently_attached"] for _, pbd in records(db, "PBD", sr["PBDs"]))


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


SR_RULES_LISTED: tuple[Rule, ...] = (_sr_ability, _sr_plugged, _sr_disks, _sr_busy)
SR_RULES: tuple[Rule, ...] = (*SR_RULES_LISTED, _sr_unplugged)
"""`allowed_operations` is computed without the last rule: who does the work is chosen later."""
