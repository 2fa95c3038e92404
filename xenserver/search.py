"""Find many objects by criteria: one call for each class involved, none for each object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xenserver import errors, references, values
from xenserver.objects import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from xenserver.lookup import Ask
    from xenserver.values import Record, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for and how much of it is wanted; nothing given means everything.

    `where` maps fields to the value they must have: a Thing for a reference, one of several for a
    list or tuple, a member for a field that is a set; None is no criterion. `fits` is asked of each
    record besides. `fields` of None means the useful ones, ["*"] all. The answer is in order of
    UUIDs, those `after` one, up to `limit`.
    """

    uuid: str | None = None
    name: str | None = None
    is_search_expression: bool = False
    where: Mapping[str, object] = field(default_factory=dict)
    fits: Callable[[Record], bool] | None = None
    fields: Sequence[str] | None = None
    limit: int | None = None
    after: str | None = None


def search(ask: Ask, cls: str, query: Query) -> list[Record]:
    """Return the records that fit the query, with UUIDs in the place of references.

    A null or dangling reference is None. Raises Refused for a field that the class does not have.
    """
    everything = _all(ask, cls)
    fitting = [record for record in everything.values() if _fits(record, query)]
    fields = _fields(cls, query.fields, everything)
    shown = [_only(record, fields) for record in _page(fitting, query)]
    uuids = _uuids(ask, cls, shown, everything)
    return [_translated(cls, record, uuids) for record in shown]


def _all(ask: Ask, cls: str) -> dict[str, Record]:
    return values.records(ask(f"{cls}.get_all_records"))


def _fits(record: Record, query: Query) -> bool:
    criteria = {"uuid": query.uuid, **query.where}
    wanted = ((name, value) for name, value in criteria.items() if value is not None)
    if query.fits and not query.fits(record):
        return False
    return _named(record, query) and all(_is(record.get(name), value) for name, value in wanted)


def _named(record: Record, query: Query) -> bool:
    if query.name is None:
        return True
    label = values.text(record.get("name_label", ""))
    if query.is_search_expression:
        return query.name.casefold() in label.casefold()
    return query.name == label


def _is(value: Value, wanted: object) -> bool:
    match wanted:
        case ObjectRef():
            return _is(value, wanted.ref)
        case list() | tuple() | set() | frozenset():
            return any(_is(value, one) for one in wanted)
        case _:
            return wanted in value if isinstance(value, list) else wanted == value


def _page(found: list[Record], query: Query) -> list[Record]:
    ordered = sorted(found, key=_uuid)
    if query.after is not None:
        ordered = [record for record in ordered if _uuid(record) > query.after]
    return ordered[: query.limit]


def _uuid(record: Record) -> str:
    return values.text(record.get("uuid"))


def _fields(cls: str, asked: Sequence[str] | None, seen: Mapping[str, Record]) -> list[str] | None:
    """Return the fields to show, those that make an object known first; None for all."""
    if asked is None:
        return _USEFUL[cls].split()
    if "*" in asked:
        return None
    known = {name for record in seen.values() for name in record}
    strangers = sorted(set(asked) - known) if known else []
    if strangers:
        told = f"{cls} has no field {', '.join(strangers)}; it has {', '.join(sorted(known))}"
        raise errors.from_api("XENFLOW_MESSAGE_INVALID", strangers, words=told)
    return list(dict.fromkeys([*_ALWAYS, *asked]))


def _only(record: Record, fields: list[str] | None) -> Record:
    if fields is None:
        return record
    return {name: record[name] for name in fields if name in record}


def _uuids(ask: Ask, cls: str, shown: list[Record], own: dict[str, Record]) -> dict[str, str]:
    """Map each reference that shows to its UUID, reading every class needed once."""
    needed = {target for record in shown for target, _ref in _refs(cls, record)}
    tables = [own] if cls in needed else []
    tables += [_known(ask, target) for target in sorted(needed - {cls})]
    return {ref: _uuid(record) for table in tables for ref, record in table.items()}


def _known(ask: Ask, cls: str) -> dict[str, Record]:
    """Read a class, which is empty for a server that does not have it."""
    try:
        return _all(ask, cls)
    except errors.Refused as refusal:
        if refusal.code != "MESSAGE_METHOD_UNKNOWN":
            raise
        return {}


def _refs(cls: str, record: Record) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        target = references.REFERENCES.get(cls, {}).get(name)
        if target:
            yield from ((target, ref) for ref in _flat(value))
        elif name in references.KEYS and isinstance(value, dict):
            yield from ((references.KEYS[name], ref) for ref in _live(value))


def _flat(value: Value) -> Iterator[str]:
    match value:
        case str():
            return _live([value])
        case dict():
            return _live(value.values())
        case list():
            return _live(value)
        case _:
            return iter(())


def _live(refs: Iterable[Value]) -> Iterator[str]:
    return (ref for ref in refs if isinstance(ref, str) and ref not in {values.NULL, ""})


def _translated(cls: str, record: Record, uuids: Mapping[str, str]) -> Record:
    held = references.REFERENCES.get(cls, {})
    return {name: _told(name, value, uuids, name in held) for name, value in record.items()}


def _told(name: str, value: Value, uuids: Mapping[str, str], is_reference: bool) -> Value:  # noqa: FBT001 -- private
    match value:
        case dict() if name in references.KEYS:
            return {_key(key, uuids): item for key, item in value.items()}
        case dict() if is_reference:
            return {key: uuids.get(str(ref)) for key, ref in value.items()}
        case list() if is_reference:
            return [uuids.get(str(ref)) for ref in value]
        case str() if is_reference or value.startswith("OpaqueRef:"):
            return uuids.get(value)
        case _:
            return value


def _key(ref: str, uuids: Mapping[str, str]) -> str:
    return uuids.get(ref, "gone" if ref.startswith("OpaqueRef:") else ref)


_ALWAYS = ("uuid", "name_label", "allowed_operations")
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
