"""S-expressions, in which the toolstack writes records, sets and maps as text (sExpr.ml)."""

import re
from typing import Any

from simulator import datamodel
from simulator.tables import Record

_TOKEN = re.compile(r"\s*(?:([()])|'((?:[^'\\]|\\.)*)')", re.DOTALL)
_NUMBERS = {"int": int, "float": float}
Tree = str | list["Tree"]


def text(value: Any) -> str:  # noqa: ANN401 - any wire value
    """Write a value as the toolstack's database keeps it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "(" + " ".join(_quoted(item) for item in value) + ")"
    if isinstance(value, dict):
        return "(" + " ".join(f"({_quoted(key)} {_quoted(value[key])})" for key in value) + ")"
    return str(value)


def dumps(record: Record) -> str:
    """Write a record: pairs of field and value."""
    return text(dict(sorted(record.items())))


def loads(written: str, cls: datamodel.Class) -> Record:
    """Read a record of a class; fields that it does not know are left out."""
    pairs = dict(_pairs(_tree(written)))
    fields = cls.fields.values()
    return {f.name: _value(pairs[f.name], f.type) for f in fields if f.name in pairs}


def _quoted(value: Any) -> str:  # noqa: ANN401 - any wire value
    return "'" + text(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _value(written: str, kind: datamodel.Type) -> Any:  # noqa: ANN401 - any wire value
    if kind.kind == "bool":
        return written == "true"
    if kind.kind in _NUMBERS:
        return _NUMBERS[kind.kind](written)
    if kind.kind == "set":
        return [_value(str(item), kind.items[0]) for item in _tree(written)]
    if kind.kind == "map":
        key, value = kind.items
        return {_value(k, key): _value(v, value) for k, v in _pairs(_tree(written))}
    return written


def _pairs(tree: list[Tree]) -> list[tuple[str, str]]:
    return [(str(pair[0]), str(pair[1])) for pair in tree]


def _tree(written: str) -> list[Tree]:
    """Return the lists and strings of an s-expression that is a list."""
    stack: list[list[Tree]] = [[]]
    for bracket, string in _TOKEN.findall(written):
        if bracket == "(":
            stack.append([])
        elif bracket == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(re.sub(r"\\(.)", r"\1", string, flags=re.DOTALL))
    (whole,) = stack[0]
    return whole if isinstance(whole, list) else []
