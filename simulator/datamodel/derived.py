"""Messages derived from the fields and look-ups of a class; the files do not list them."""

from collections.abc import Iterator
from dataclasses import replace

from simulator.datamodel.model import Field, Message, Param
from simulator.datamodel.types import Type, parse

_VOID = Type("void")
_TEXT = Type("string")


def accessors(cls: str, field: Field) -> Iterator[Message]:
    """Yield the getter, and for a writable field setter, adders and removers."""
    yield replace(_of_field(cls, field, "get"), result=field.type, role="read-only")
    if field.qualifier != "rw":
        return
    yield _of_field(cls, field, "set", Param("value", field.type))
    if field.type.kind == "map":
        key, value = field.type.items
        yield _of_field(cls, field, "add_to", Param("key", key), Param("value", value))
        yield _of_field(cls, field, "remove_from", Param("key", key))
    if field.type.kind == "set":
        yield _of_field(cls, field, "add", Param("value", field.type.items[0]))
        yield _of_field(cls, field, "remove", Param("value", field.type.items[0]))


def lookup(cls: str, name: str, since: str, gone: str) -> Message:
    """Return one of `get_all`, `get_by_uuid`, `get_record` and the like."""
    params, result = {
        "get_all": ((), f"{cls} ref set"),
        "get_all_records": ((), f"({cls} ref -> {cls} record) map"),
        "get_all_records_where": ((Param("expr", _TEXT),), f"({cls} ref -> {cls} record) map"),
        "get_by_uuid": ((Param("uuid", _TEXT),), f"{cls} ref"),
        "get_by_name_label": ((Param("label", _TEXT),), f"{cls} ref set"),
        "get_record": ((Param("self", Type("ref", cls)),), f"{cls} record"),
    }[name]
    hidden = name == "get_all_records_where"
    return Message(cls, name, params, parse(result), since, kind=name, hidden=hidden, gone=gone)


def _of_field(cls: str, field: Field, kind: str, *params: Param) -> Message:
    return Message(
        cls,
        f"{kind}_{field.name}",
        (Param("self", Type("ref", cls)), *params),
        _VOID,
        field.since,
        field.role,
        gone=field.gone,
        kind=kind,
        field=field.name,
    )
