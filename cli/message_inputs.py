"""The inputs of a message, read off its schema.

The schema is what the worker checks by, so a command has no types, defaults or choices of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cli.inputs import Input, Kind
from tasks.engine.declaration import field_types, message

Schema = Mapping[str, Any]


def of(model: type[message.Message]) -> tuple[Input, ...]:
    """Return the inputs of a message: its own first, then those that every message takes."""
    schema = model.model_json_schema(by_alias=False)
    keys = {name: field.serialization_alias or name for name, field in model.model_fields.items()}
    found = [_input(name, keys[name], schema, part) for name, part in schema["properties"].items()]
    return tuple(sorted(found, key=lambda one: (one.common, not one.required)))


def _input(name: str, key: str, owner: Schema, part: Schema, whole: Schema | None = None) -> Input:
    """Read one property of an object's schema; `whole` holds the definitions."""
    whole = owner if whole is None else whole
    shape = _shape(part, whole)
    kind = _kind(shape)
    return Input(
        field=name,
        key=key,
        kind=kind,
        shape=_word(kind, shape),
        required=name in owner.get("required", ()),
        default=part.get("default"),
        help=part.get("description") or shape.get("description") or "",
        choices=_choices(shape),
        names=shape.get("x-names") or _items(shape).get("x-names"),
        common=whole is owner and name in message.COMMON,
        parts=tuple(_parts(shape, whole)),
    )


def _choices(shape: Schema) -> tuple[str, ...]:
    """Return what may be chosen, once or for each of a list."""
    return tuple(map(str, shape.get("enum") or _items(shape).get("enum") or ()))


def _items(shape: Schema) -> Schema:
    """Return what each of a list is; nothing where it is no list, or they differ."""
    items = shape.get("items")
    return items if isinstance(items, dict) else {}


def _parts(shape: Schema, whole: Schema) -> Iterator[Input]:
    """Yield the fields of a structure, or of each structure of a list."""
    inner = _shape(shape["items"], whole) if isinstance(shape.get("items"), dict) else shape
    for name, part in inner.get("properties", {}).items():
        yield _input(name, name, inner, part, whole)


def _shape(part: Schema, whole: Schema) -> Schema:
    """Resolve references and 'or nothing' to what an input is."""
    if "$ref" in part:
        found = whole["$defs"][part["$ref"].rsplit("/", 1)[-1]]
        return _shape({**found, **{k: v for k, v in part.items() if k != "$ref"}}, whole)
    real = [one for one in part.get("anyOf", ()) if one.get("type") != "null"]
    if len(real) == 1:
        return _shape({**part, "anyOf": (), **real[0]}, whole)
    return part


def _kind(shape: Schema) -> Kind:
    match shape:
        case {"type": "boolean"}:
            return Kind.FLAG
        case {"enum": _}:
            return Kind.CHOICE
        case {"type": "array", "items": {"type": "string"}}:
            return Kind.LIST
        case {"type": "object", "additionalProperties": {"type": "string"}}:
            return Kind.MAP
        case {"type": "array" | "object"}:
            return Kind.STRUCTURE
    return Kind.TEXT


def _word(kind: Kind, shape: Schema) -> str:
    """Return what stands for the value in help."""
    match kind:
        case Kind.CHOICE:
            return "|".join(map(str, shape["enum"]))
        case Kind.MAP:
            return "KEY=VALUE"
        case Kind.STRUCTURE:
            return "JSON"
        case Kind.FLAG:
            return "true|false"
    return "|".join(_choices(shape)) or _simple_word(shape)


def _simple_word(shape: Schema) -> str:
    forms = shape.get("anyOf") or [shape]
    if any(form.get("pattern") == field_types.SIZE_PATTERN for form in forms):
        return "SIZE"
    return _WORDS.get(frozenset(form["type"] for form in forms if "type" in form), "TEXT")


_WORDS = {
    frozenset({"integer"}): "INTEGER",
    frozenset({"number"}): "NUMBER",
    frozenset({"number", "string"}): "DURATION",
}
