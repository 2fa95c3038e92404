"""The inputs of a message, as a person gives them: read off the message's schema.

The schema is what the worker checks by, so a command has no types, defaults or choices of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic.alias_generators import to_camel

from tasks.engine.declaration import message

Schema = Mapping[str, Any]


class Kind(Enum):
    """How an input is written."""

    FLAG = "flag"
    CHOICE = "choice"
    TEXT = "text"
    LIST = "list"
    MAP = "map"
    STRUCTURE = "structure"


@dataclass(frozen=True)
class Input:
    """One input: its field, its key on the wire, and how it is written and helped with."""

    field: str
    key: str
    kind: Kind
    shape: str
    required: bool
    default: Any
    help: str
    choices: tuple[str, ...]
    names: str | None
    common: bool

    @property
    def option(self) -> str:
        """The option of the command line."""
        return "--" + self.key.replace("_", "-")

    @property
    def default_told(self) -> str | None:
        """The default in words; None where it is nothing."""
        if self.default is None or self.required:
            return None
        return str(self.default).lower() if isinstance(self.default, bool) else str(self.default)

    @property
    def spellings(self) -> frozenset[str]:
        """All names under which a message may carry it."""
        names = {self.field, self.key}
        return frozenset(names | {to_camel(name) for name in names})


def of(model: type[message.Message]) -> tuple[Input, ...]:
    """Return the inputs of a message: its own first, then those that every message takes."""
    schema = model.model_json_schema(by_alias=False)
    all_of_them = [_input(model, name, told, schema) for name, told in schema["properties"].items()]
    return tuple(sorted(all_of_them, key=lambda one: (one.common, not one.required)))


def _input(model: type[message.Message], name: str, told: Schema, whole: Schema) -> Input:
    shape = _shape(told, whole)
    kind = _kind(shape)
    return Input(
        field=name,
        key=model.model_fields[name].serialization_alias or name,
        kind=kind,
        shape=_word(kind, shape),
        required=model.model_fields[name].is_required(),
        default=told.get("default"),
        help=told.get("description") or shape.get("description") or "",
        choices=tuple(map(str, shape.get("enum", ()))),
        names=shape.get("x-names"),
        common=name in message.COMMON,
    )


def _shape(told: Schema, whole: Schema) -> Schema:
    """Look through references and 'or nothing' at what an input is."""
    if "$ref" in told:
        return _shape(whole["$defs"][told["$ref"].rsplit("/", 1)[-1]], whole)
    parts = [part for part in told.get("anyOf", ()) if part.get("type") != "null"]
    if len(parts) == 1:
        return _shape({**told, "anyOf": (), **parts[0]}, whole)
    return told


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
    """Say in a word what is to be written."""
    match kind:
        case Kind.CHOICE:
            return "|".join(map(str, shape["enum"]))
        case Kind.MAP:
            return "KEY=VALUE"
        case Kind.STRUCTURE:
            return "JSON"
        case Kind.FLAG:
            return "true|false"
    return _WORDS.get(frozenset(_types(shape)), "TEXT")


def _types(shape: Schema) -> list[str]:
    return [part["type"] for part in (shape.get("anyOf") or [shape]) if "type" in part]


_WORDS = {
    frozenset({"integer"}): "INTEGER",
    frozenset({"number"}): "NUMBER",
    frozenset({"integer", "string"}): "SIZE",
    frozenset({"number", "string"}): "DURATION",
}
