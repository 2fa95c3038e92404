"""Simplifying the schemas that pydantic makes.

The result is JSON Schema 2020-12 that reads the same as draft 7, on which AsyncAPI builds: no
keyword that only one of them knows, and nothing beside a `$ref`.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Schema = dict[str, Any]

_MEANT = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_NULL = {"type": "null"}
_ANYTHING = {"$ref": "#/$defs/JsonValue"}
_ORDER = ("$ref", "description", "type", "enum", "default")


def tidied(schema: Mapping[str, Any]) -> Schema:
    """Return a schema without titles and nested choices, and with nothing beside a `$ref`."""
    found = {_MEANT.get(key, key): _within(key, value) for key, value in schema.items()}
    found.pop("title", None)
    if "const" in found:
        found["enum"] = [found.pop("const")]
    if "description" in found:
        found["description"] = prose(found["description"])
    if found.get("default", ...) is None:
        del found["default"]
    if "anyOf" in found:
        found = _chosen(found.pop("anyOf")) | found
    if "$ref" in found and len(found) > 1:
        found = {"allOf": [{"$ref": found.pop("$ref")}], **found}
    return {} if found == _ANYTHING else _in_order(found)


def prose(docstring: str) -> str:
    """Return a docstring with its lines joined and its paragraphs apart."""
    paragraphs = inspect.cleandoc(docstring).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def is_nullable(schema: Mapping[str, Any]) -> bool:
    """Return whether a value may be null."""
    return "null" in _many(schema.get("type", ())) or _NULL in schema.get("anyOf", ())


def without_null(schema: Mapping[str, Any]) -> Schema:
    """Return the schema of a value that is there."""
    found = dict(schema)
    if "type" in found:
        found["type"] = _one_or_many(kind for kind in _many(found["type"]) if kind != "null")
    if "enum" in found:
        found["enum"] = [one for one in found["enum"] if one is not None]
    if "anyOf" in found:
        parts = [part for part in found.pop("anyOf") if part != _NULL]
        found = (parts[0] if len(parts) == 1 else {"anyOf": parts}) | found
    return _in_order(found)


def _within(key: str, value: Any) -> Any:
    match key, value:
        case "properties" | "$defs", dict():
            return {name: tidied(part) for name, part in value.items() if name != "JsonValue"}
        case "items" | "additionalProperties", dict():
            return tidied(value)
        case "anyOf" | "allOf", list():
            return [tidied(part) for part in value]
    return value


def _chosen(parts: Sequence[Schema]) -> Schema:
    """Write a choice of plain types as one schema, where none of them would bind another."""
    real = [part for part in parts if part != _NULL]
    keywords = [key for part in real for key in part if key not in {"type", "description"}]
    bound = len(keywords) != len(set(keywords)) or ("enum" in keywords and len(real) > 1)
    if bound or not all("type" in part for part in real):
        return {"anyOf": list(parts)}
    one: Schema = {"type": _one_or_many(kind for part in parts for kind in _many(part["type"]))}
    one |= {key: value for part in real for key, value in part.items() if key != "type"}
    if "enum" in one and _NULL in parts:
        one["enum"] = [*one["enum"], None]
    return one


def _in_order(found: Schema) -> Schema:
    return {key: found[key] for key in _ORDER if key in found} | found


def _many(kinds: str | Iterable[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _one_or_many(kinds: Iterable[str]) -> str | list[str]:
    many = list(dict.fromkeys(kinds))
    return many[0] if len(many) == 1 else many
