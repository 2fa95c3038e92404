"""Preconditions of operations on objects, and `allowed_operations`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from simulator.errors import Failure
from simulator.rules import devices as device_rules
from simulator.rules import hosts, pools, storage
from simulator.rules import vdi as vdi_rules
from simulator.rules import vm as vm_rules
from simulator.rules.view import Rule, View, peek, records
from simulator.tables import Database


@dataclass(frozen=True, slots=True)
class Preconditions:
    """The rules of a class, those that `allowed_operations` shows, and what it may name."""

    rules: tuple[Rule, ...]
    shown: tuple[Rule, ...]
    operations: tuple[str, ...]


PRECONDITIONS = {
    "VM": Preconditions(vm_rules.RULES, vm_rules.RULES, vm_rules.LISTED),
    "VBD": Preconditions(
        device_rules.VBD_RULES, device_rules.VBD_RULES_LISTED, device_rules.VBD_OPERATIONS
    ),
    "VIF": Preconditions(
        device_rules.VIF_RULES, device_rules.VIF_RULES, device_rules.VIF_OPERATIONS
    ),
    "VDI": Preconditions(vdi_rules.RULES, vdi_rules.RULES_LISTED, vdi_rules.OPERATIONS),
    "SR": Preconditions(storage.SR_RULES, storage.SR_RULES_LISTED, storage.SR_OPERATIONS),
    "pool": Preconditions((), pools.RULES, pools.OPERATIONS),
    "host": Preconditions(hosts.HOST_RULES, hosts.HOST_RULES, hosts.HOST_OPERATIONS),
}
"""The classes with preconditions; all others allow everything."""


def check(db: Database, cls: str, ref: str, op: str, *, strict: bool = True) -> None:
    """Raise XenServer's failure if the object does not allow the operation now."""
    view = View(db, cls, ref, db.get(cls, ref), strict)
    if cls in PRECONDITIONS and (refusal := _refusal(view, op, PRECONDITIONS[cls].rules)):
        raise refusal


def allowed(db: Database, cls: str, ref: str) -> list[str]:
    """Return the operations that an object allows now, as in `allowed_operations`."""
    if cls not in PRECONDITIONS:
        return []
    view = View(db, cls, ref, db.get(cls, ref))
    entry, lacking = PRECONDITIONS[cls], db.model.classes[cls].lacking
    return [
        op for op in entry.operations if op not in lacking and not _refusal(view, op, entry.shown)
    ]


def refresh(db: Database, cls: str, ref: str) -> None:
    """Recompute `allowed_operations` of an object and of its neighbours."""
    if db.deferred:
        return
    for near_cls, near in ((cls, ref), *_neighbours(db, cls, ref)):
        if near_cls in PRECONDITIONS and db.exists(near_cls, near):
            db.put(near_cls, near, allowed_operations=allowed(db, near_cls, near))


@contextmanager
def deferred(db: Database) -> Iterator[None]:
    """Recompute `allowed_operations` of all objects once, at the end, while many are made."""
    db.deferred = True
    try:
        yield
    finally:
        db.deferred = False
    for cls in PRECONDITIONS:
        for ref in db.refs(cls):
            db.put(cls, ref, allowed_operations=allowed(db, cls, ref))


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
