"""Find many objects by criteria, by the calls that cost XenServer least.

One object is asked for by its own calls, a few by theirs; a class is read in whole, in one call,
only where nothing narrows it down.
"""

from collections.abc import Mapping, Sequence

from xenserver import errors, query, record_reader, translation, values
from xenserver.lookup import Ask
from xenserver.query import Query
from xenserver.values import Record


def search(ask: Ask, cls: str, wanted: Query) -> list[Record]:
    """Return the records that fit the query, with UUIDs in the place of references.

    A null or dangling reference is None. Raises Refused for a field that the class does not have.
    """
    read = record_reader.read(ask, cls, wanted)
    fitting = {ref: record for ref, record in read.records.items() if query.fits(record, wanted)}
    fields = _fields(cls, wanted.fields, read.records)
    page = _page(cls, fitting, wanted, read.after)
    shown = [_only(record, fields) for record in page]
    uuids = translation.uuids_of(ask, cls, shown, read)
    return [translation.translated(cls, record, uuids) for record in shown]


def _page(cls: str, fitting: Mapping[str, Record], wanted: Query, after: str) -> list[Record]:
    if cls in record_reader.PAGED:
        page = [fitting[ref] for ref in sorted(fitting) if ref > after]
    else:
        last = wanted.after or ""
        page = sorted((r for r in fitting.values() if _uuid(r) > last), key=_uuid)
    return page[: wanted.limit]


def _uuid(record: Record) -> str:
    return values.text(record.get("uuid"))


def _fields(cls: str, asked: Sequence[str] | None, seen: Mapping[str, Record]) -> list[str] | None:
    """Return the fields to show, the UUID and those that were asked for; None for all."""
    if asked is None:
        return _USEFUL[cls].split()
    if "*" in asked:
        return None
    known = {name for record in seen.values() for name in record}
    unknown = sorted(set(asked) - known) if known else []
    if unknown:
        problem = f"fields: {cls} has no field {', '.join(unknown)}"
        raise errors.invalid(problem, text=f"{problem}; it has {', '.join(sorted(known))}")
    return list(dict.fromkeys([_UUID, *asked]))


def _only(record: Record, fields: list[str] | None) -> Record:
    if fields is None:
        return record
    return {name: record[name] for name in fields if name in record}


_UUID = "uuid"  # by which further messages name the object
_USEFUL = {
    "VM": """
        uuid name_label name_description power_state is_a_template is_a_snapshot
        is_control_domain resident_on memory_static_max VCPUs_max tags allowed_operations
        """,
    "host": """
        uuid name_label name_description hostname address enabled edition tags allowed_operations
        """,
    "PIF": """
        uuid device network host MAC MTU VLAN physical management currently_attached IP netmask
        gateway
        """,
    "VIF": "uuid device VM network MAC MTU currently_attached allowed_operations",
    "network": "uuid name_label name_description bridge MTU tags allowed_operations",
    "SR": """
        uuid name_label name_description type content_type shared physical_size
        physical_utilisation virtual_allocation tags allowed_operations
        """,
    "VBD": """
        uuid userdevice device VM VDI type mode bootable empty unpluggable currently_attached
        allowed_operations
        """,
    "VDI": """
        uuid name_label name_description SR virtual_size physical_utilisation type sharable
        read_only managed is_a_snapshot tags allowed_operations
        """,
    "PBD": "uuid host SR currently_attached",
    "task": """
        uuid name_label name_description status progress created finished result error_info
        allowed_operations
        """,
    "pool": "uuid name_label name_description master default_SR tags allowed_operations",
}
