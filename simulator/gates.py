"""The state rules as the rest of the simulator asks for them: what an object admits now."""

from dataclasses import dataclass

from simulator.errors import Failure
from simulator.rules import devices as device_rules
from simulator.rules import hosts, storage
from simulator.rules import vm as vm_rules
from simulator.rules.view import Rule, View, peek, records
from simulator.tables import Database


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules of a class, those that `allowed_operations` shows, and what it may name."""

    rules: tuple[Rule, ...]
    shown: tuple[Rule, ...]
    operations: tuple[str, ...]


GATES = {
    "VM": Gate(vm_rules.RULES, vm_rules.RULES, vm_rules.LISTED),
    "VBD": Gate(device_rules.VBD_RULES, device_rules.VBD_RULES_LISTED, device_rules.VBD_OPERATIONS),
    "VIF": Gate(device_rules.VIF_RULES, device_rules.VIF_RULES, device_rules.VIF_OPERATIONS),
    "VDI": Gate(storage.VDI_RULES, storage.VDI_RULES, storage.VDI_OPERATIONS),
    "SR": Gate(storage.SR_RULES, storage.SR_RULES, storage.SR_OPERATIONS),
    "host": Gate(hosts.HOST_RULES, hosts.HOST_RULES, hosts.HOST_OPERATIONS),
}
"""The classes whose operations exclude each other; all others admit everything."""


def check(db: Database, cls: str, ref: str, op: str, *, strict: bool = True) -> None:
    """Refuse as XenServer does if the object does not admit the operation now."""
    view = View(db, cls, ref, db.get(cls, ref), strict)
    if cls in GATES and (refusal := _refusal(view, op, GATES[cls].rules)):
        raise refusal


def allowed(db: Database, cls: str, ref: str) -> list[str]:
    """List the operations that an object admits now, as `allowed_operations` shows them."""
    if cls not in GATES:
        return []
    view = View(db, cls, ref, db.get(cls, ref))
    gate = GATES[cls]
    return [op for op in gate.operations if not _refusal(view, op, gate.shown)]


def refresh(db: Database, cls: str, ref: str) -> None:
    """Write `allowed_operations` anew, of an object and of those that hang on it."""
    for near_cls, near in ((cls, ref), *_neighbours(db, cls, ref)):
        if near_cls in GATES and db.exists(near_cls, near):
            db.put(near_cls, near, allowed_operations=allowed(db, near_cls, near))


def _neighbours(db: Database, cls: str, ref: str) -> list[tuple[str, str]]:
    record = peek(db, cls, ref)
    match cls:
        case _ if record is None:
            return []
        case "VM":
            devices = [("VBD", r) for r in record["VBDs"]] + [("VIF", r) for r in record["VIFs"]]
            disks = [vbd["VDI"] for _, vbd in records(db, "VBD", record["VBDs"])]
            return devices + [("VDI", disk) for disk in disks]
        case "VBD":
            return [("VDI", record["VDI"])]
        case "VDI":
            return [("VBD", r) for r in record["VBDs"]]
        case _:
            return []


def _refusal(view: View, op: str, rules: tuple[Rule, ...]) -> Failure | None:
    return next((refusal for rule in rules if (refusal := rule(view, op))), None)
