"""Translation of references in records to UUIDs."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from xenserver import errors, references, values
from xenserver.lookup import Ask
from xenserver.record_reader import FEW, Reading, read_all
from xenserver.values import Record, Value


def uuids_of(ask: Ask, cls: str, shown: list[Record], read: Reading) -> dict[str, str]:
    """Map each reference that shows to its UUID.

    Few references of few records are asked for one by one; else every class needed is read once.
    """
    needed: dict[str, set[str]] = {}
    for record in shown:
        for target, ref in _refs(cls, record):
            needed.setdefault(target, set()).add(ref)
    uuids = {ref: values.text(record.get("uuid")) for ref, record in read.records.items()}
    for target in sorted(needed):
        refs = needed[target] - uuids.keys()
        if refs and read.narrow and len(refs) <= FEW:
            uuids |= _known(partial(_uuid_of_each, ask, target, refs))
        elif refs and (target != cls or read.narrow):
            uuids |= _known(partial(_uuid_of_all, ask, target))
    return uuids


def _uuid_of_each(ask: Ask, cls: str, refs: Iterable[str]) -> dict[str, str]:
    found = {}
    for ref in sorted(refs):
        with contextlib.suppress(errors.Missing):
            found[ref] = values.text(ask(f"{cls}.get_uuid", ref))
    return found


def _uuid_of_all(ask: Ask, cls: str) -> dict[str, str]:
    return {ref: values.text(record.get("uuid")) for ref, record in read_all(ask, cls).items()}


def _known(read: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Read UUIDs; there are none of a class that the server does not have, or no longer shows.

    No find fails because of a field: messages of old classes are removed (MESSAGE_REMOVED for
    VBD_metrics), those of new ones unknown, those of others denied to the account.
    """
    try:
        return read()
    except (errors.Refused, errors.Denied, errors.Unknown):
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


def translated(cls: str, record: Record, uuids: Mapping[str, str]) -> Record:
    """Return a record with UUIDs in the place of references."""
    held = references.REFERENCES.get(cls, {})
    return {name: _shown(name, value, uuids, name in held) for name, value in record.items()}


def _shown(name: str, value: Value, uuids: Mapping[str, str], is_reference: bool) -> Value:  # noqa: FBT001 - private
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
