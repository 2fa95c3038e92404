"""Typed values as JSON: dataclasses, enums, lists and what JSON knows.

Reading does without pydantic, so that a command that only looks at the journal starts in half the
time; what stands in the journal was written by us, and needs no further check.
"""

import importlib
import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def decode(kind: Any, text: str | bytes) -> Any:
    """Return the value of a type that was written as JSON."""
    return _typed(kind, json.loads(text))


def encode(value: Any) -> str:
    """Return a value as JSON."""
    return str(_writer().dump_json(value).decode())


def _typed(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if value is None:
        return None
    if origin in {Union, UnionType}:
        return _typed(next(one for one in get_args(kind) if one is not type(None)), value)
    if origin is list:
        return [_typed(get_args(kind)[0], one) for one in value]
    if is_dataclass(kind):
        return _object(kind, value)
    return kind(value) if kind is float or _is_enum(kind) else value


def _object(kind: Any, value: Mapping[str, Any]) -> Any:
    """Return a dataclass; fields that it does not know are passed over."""
    known = _hints(kind)
    return kind(**{name: _typed(known[name], one) for name, one in value.items() if name in known})


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _writer() -> Any:
    """Return what writes any value; pydantic is imported when something is written."""
    pydantic: Any = importlib.import_module("pydantic")
    return pydantic.TypeAdapter(Any)
