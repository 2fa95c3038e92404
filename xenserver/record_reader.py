"""Reading the records among which a search finds, by the calls that cost XenServer least."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from xenserver import errors, query, values
from xenserver.lookup import Ask
from xenserver.objects import ObjectRef
from xenserver.query import Query
from xenserver.values import Record

FEW = 100
"""Up to this many objects are read one by one; for more, the whole class is read."""

PAGED = frozenset({"VM", "VDI", "VBD", "VIF"})
"""Classes of which a pool has thousands: their pages are in the order of references, read one by
one; those of all others are in the order of UUIDs."""

_HOLDERS = {
    ("VBD", "VM"): "VBDs",
    ("VBD", "VDI"): "VBDs",
    ("VIF", "VM"): "VIFs",
    ("VIF", "network"): "VIFs",
    ("PIF", "host"): "PIFs",
    ("PIF", "network"): "PIFs",
    ("VDI", "SR"): "VDIs",
    ("VDI", "snapshot_of"): "snapshots",
    ("VM", "resident_on"): "resident_VMs",
    ("VM", "snapshot_of"): "snapshots",
}
"""Class and field to the field of the object named there that lists those who name it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Records by reference, among which all stands that fits; `narrow` if they are few.

    `after` is the reference that the page begins after.
    """

    records: dict[str, Record]
    narrow: bool
    after: str = ""


def read(ask: Ask, cls: str, wanted: Query) -> Reading:
    """Read what may fit, by the calls that cost least."""
    after = ""
    if wanted.after is not None and cls in PAGED:
        after = _begin(ask, cls, wanted.after)
    refs = _candidates(ask, cls, wanted)
    if refs is not None and len(refs) <= FEW:
        return Reading(_each(ask, cls, refs), narrow=True, after=after)
    if refs is None and cls in PAGED and wanted.limit is not None and wanted.limit <= FEW:
        page = _read_page(ask, cls, wanted, after)
        if page is not None:
            return Reading(page, narrow=True, after=after)
    return Reading(read_all(ask, cls), narrow=False, after=after)


def _begin(ask: Ask, cls: str, uuid: str) -> str:
    """Return the reference of the object that a page begins after."""
    try:
        return values.ref(ask(f"{cls}.get_by_uuid", uuid))
    except errors.Missing as missing:
        text = f"after: no {cls} has the UUID {uuid} any more; begin again without `after`"
        raise errors.from_api("XENFLOW_NO_SUCH_OBJECT", [cls, uuid], text=text) from missing


def _candidates(ask: Ask, cls: str, wanted: Query) -> list[str] | None:
    """Return references that include all matches; None if the criteria give none."""
    if wanted.uuid is not None:
        return _by_uuid(ask, cls, wanted.uuid)
    if wanted.name is not None and not wanted.is_search_expression:
        return values.texts(ask(f"{cls}.get_by_name_label", wanted.name))
    for name, value in wanted.where.items():
        holder = _HOLDERS.get((cls, name))
        if holder and isinstance(value, ObjectRef):
            return values.texts(ask(f"{value.cls}.get_{holder}", value.ref))
    return None


def _by_uuid(ask: Ask, cls: str, uuid: str) -> list[str]:
    try:
        return [values.ref(ask(f"{cls}.get_by_uuid", uuid))]
    except errors.Missing:
        return []


def _each(ask: Ask, cls: str, refs: Iterable[str]) -> dict[str, Record]:
    """Read records one by one; what vanishes meanwhile does not count."""
    found = {}
    for ref in refs:
        with contextlib.suppress(errors.Missing):
            found[ref] = values.record(ask(f"{cls}.get_record", ref))
    return found


def _read_page(ask: Ask, cls: str, wanted: Query, after: str) -> dict[str, Record] | None:
    """Read a page one by one; None where to read all costs less, or too much does not fit."""
    limit = wanted.limit or 0
    refs = [ref for ref in sorted(values.texts(ask(f"{cls}.get_all"))) if ref > after]
    budget = 2 * limit + 10
    if len(refs) <= budget:
        return None
    found: dict[str, Record] = {}
    fitting = 0
    for ref in refs[:budget]:
        found |= _each(ask, cls, [ref])
        fitting += ref in found and query.fits(found[ref], wanted)
        if fitting == limit:
            return found
    return None


def read_all(ask: Ask, cls: str) -> dict[str, Record]:
    """Read all records of a class, in one call."""
    return values.records(ask(f"{cls}.get_all_records"))
