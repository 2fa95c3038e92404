"""Types of the data model: how `(string -> VM ref) map` is read, and its empty value."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NULL = "OpaqueRef:NULL"
EPOCH = "19700101T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Type:
    """A wire type: `kind` says which, `name` the enum or class, `items` the types inside."""

    kind: str
    name: str = ""
    items: tuple["Type", ...] = ()

    def __str__(self) -> str:
        """Write the type as the data model does."""
        match self.kind:
            case "enum":
                return f"enum {self.name}"
            case "ref" | "record":
                return f"{self.name} {self.kind}"
            case "map":
                return f"({self.items[0]} -> {self.items[1]}) map"
            case "set" | "option":
                return f"{self.items[0]} {self.kind}"
            case _:
                return self.kind


@functools.cache
def parse(text: str) -> Type:
    """Read a type as the data model writes it."""
    if text.startswith("(") and text.endswith(" map"):
        key, _, value = text[1 : -len(") map")].partition(" -> ")
        return Type("map", items=(parse(key), parse(value)))
    head, _, last = text.rpartition(" ")
    if last in {"set", "option"}:
        return Type(last, items=(parse(head),))
    if last in {"ref", "record"}:
        return Type(last, head)
    if head == "enum":
        return Type("enum", last)
    return Type(text)


_EMPTY: dict[str, Any] = {
    "string": "",
    "int": 0,
    "float": 0.0,
    "bool": False,
    "datetime": EPOCH,
    "ref": NULL,
    "void": "",
}


def empty(kind: Type, enums: Mapping[str, tuple[str, ...]]) -> Any:  # noqa: ANN401 - any wire value
    """Return the value of an unset field without a default."""
    if kind.kind == "enum":
        return enums[kind.name][0]
    if kind.kind == "set":
        return []
    if kind.kind in {"map", "record"}:
        return {}
    return _EMPTY.get(kind.kind)
