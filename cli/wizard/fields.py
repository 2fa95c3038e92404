"""Parameters of a method as fields of a message, and how each is handed to XenServer.

What people name is named, where the client knows the class: `vm: VmName` is handed on as
`xen.find.vm(vm)`. Other objects are given by UUID.
"""

import json
import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

from simulator.datamodel import NULL, Message, Param, Type
from tasks.engine.declaration.message import COMMON, ChangingMessage

Import = tuple[str, str]
"""A module, and a name in it."""

Enums = Mapping[str, tuple[str, ...]]
"""The name of an enum -> its values."""

FIELD_TYPES = "tasks.engine.declaration.field_types"


@dataclass(frozen=True)
class Written:
    """A type as it is written, what it needs imported, and how a value of it is handed on."""

    annotation: str
    imports: frozenset[Import] = frozenset()
    handed: Callable[[str], str] = str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """A field of the message that an operation takes."""

    name: str
    written: Written
    default: str = ""
    handed: str = ""
    names: str = ""

    @property
    def imports(self) -> frozenset[Import]:
        """What its type needs imported."""
        return self.written.imports


FINDERS: Mapping[str, tuple[str, str]] = {
    "VM": ("vm", "VmName"),
    "host": ("host", "HostName"),
    "pool": ("pool", "PoolName"),
    "SR": ("sr", "SrName"),
    "network": ("network", "NetworkName"),
    "VDI": ("vdi", "VdiName"),
    "PIF": ("pif", "PifName"),
    "PBD": ("pbd", "PbdUuid"),
    "VBD": ("vbd", "VbdUuid"),
    "VIF": ("vif", "VifUuid"),
    "task": ("task", "TaskUuid"),
}
"""Class -> the name by which the client finds it, and the type of its name."""

_OF_A_VM = {
    "template": ("template", "TemplateName"),
    "snapshot": ("snapshot", "SnapshotName"),
}
_LABELS = {"name", "new_name", "name_label", "label"}
_SIZE = re.compile(r"(^|_)(size|memory|bytes)(_|$)")
_TAKEN = (
    {*COMMON, *map(to_camel, COMMON), *dir(ChangingMessage), *keyword.kwlist}
    | {"async", "xen", "thing", "made", "given", "one", "key", "value_of"}
    | {"created", "done", "returned", "operation"}
)


def of(message: Message, enums: Enums) -> tuple[Field, ...]:
    """Return the fields of a method's message, in XenServer's order."""
    found: list[Field] = []
    for param in message.params:
        found.append(_field(message, param, enums, {field.name for field in found}))
    return tuple(found)


def _field(message: Message, param: Param, enums: Enums, others: set[str]) -> Field:
    name = _name(message, param, others)
    written = write(param.type, enums, hint=_hint(message, param))
    default, handed = _default(param, name, written)
    finds = param.type.name if param.type.kind == "ref" and param.type.name in FINDERS else ""
    return Field(name, written, default, handed, names=finds)


def _name(message: Message, param: Param, others: Iterable[str]) -> str:
    plain = message.cls if param.name == "self" else _hint(message, param)
    name = plain.lower()
    while name in _TAKEN or name in others:
        name = f"{message.cls.lower()}_{name}"
    return name


def _hint(message: Message, param: Param) -> str:
    """Return the name that says what a parameter is: the value of a setter is what is set."""
    sets = param.name == "value" and message.name.startswith("set_")
    return message.name.removeprefix("set_") if sets else param.name


def _default(param: Param, name: str, written: Written) -> tuple[str, str]:
    """Write a parameter's default, and how it is handed on where it may be left out."""
    if not param.optional:
        return "", written.handed(name)
    match param.default:
        case dict():
            given = f"{name} or {{}}"
            is_plain = written.handed(name) == name
            return "None", given if is_plain else written.handed(f"({given})")
        case list():
            return "()", written.handed(name)
        case str(text) if text == NULL:
            return "None", f"{written.handed(name)} if {name} else None"
    return _literal(param.default), written.handed(name)


def _literal(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def write(kind: Type, enums: Enums, hint: str = "") -> Written:
    """Write a type of the data model as a type of a message."""
    match kind.kind:
        case "ref":
            return _reference(kind.name, hint)
        case "enum":
            return _choice(enums[kind.name])
        case "set" | "map":
            return _several(*(_inside(item, enums) for item in kind.items))
    return _plain(kind, hint)


def _inside(kind: Type, enums: Enums) -> Written:
    """Write the type of what several are of; choices would be too long there."""
    return _word("Label") if kind.kind == "enum" else write(kind, enums)


def _plain(kind: Type, hint: str) -> Written:
    is_label, is_size = hint.lower() in _LABELS, bool(_SIZE.search(hint))
    match kind.kind:
        case "string" | "datetime":
            return _word("Label" if is_label else "Text")
        case "int" | "float" | "bool":
            return _word("Size") if kind.kind == "int" and is_size else Written(kind.kind)
    held = "dict[str, JsonValue]" if kind.kind == "record" else "JsonValue"
    return Written(held, frozenset({("pydantic", "JsonValue")}))


def _choice(choices: tuple[str, ...]) -> Written:
    listed = ", ".join(json.dumps(choice) for choice in choices)
    return Written(f"Literal[{listed}]", frozenset({("typing", "Literal")}), choices=choices)


def _word(word: str) -> Written:
    return Written(word, frozenset({(FIELD_TYPES, word)}))


def _reference(cls: str, hint: str) -> Written:
    word, name = FINDERS.get(cls, ("", "Uuid"))
    if cls == "VM":
        word, name = _OF_A_VM.get(hint, (word, name))
    finds = f"xen.find.{word}" if word else f"xen.{cls}.get_by_uuid"
    return Written(name, frozenset({(FIELD_TYPES, name)}), lambda value: f"{finds}({value})")


def _several(first: Written, second: Written | None = None) -> Written:
    return _map(first, second) if second else _set(first)


def _set(one: Written) -> Written:
    is_plain = one.handed("one") == "one"
    return Written(
        f"tuple[{one.annotation}, ...]",
        one.imports,
        str if is_plain else lambda name: f"[{one.handed('one')} for one in {name}]",
    )


def _map(key: Written, value: Written) -> Written:
    if (key.annotation, value.annotation) == ("Text", "Text"):
        return _word("Map")
    found, held = key.handed("key"), value.handed("value_of")
    is_plain = (found, held) == ("key", "value_of")
    ref = f"{found}.ref" if found.startswith("xen.find.") else found
    return Written(
        f"dict[{key.annotation}, {value.annotation}]",
        key.imports | value.imports,
        str if is_plain else lambda name: f"{{{ref}: {held} for key, value_of in {name}.items()}}",
    )
