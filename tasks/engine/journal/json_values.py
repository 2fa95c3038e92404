"""Typed values as JSON: dataclasses, enums, lists and what JSON knows.

Reading does without pydantic, so that a command that only looks at the journal starts in half the
time; the journal was written by xenflow, and needs no further check.
"""

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Protocol, TypeGuard, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


class _Writer(Protocol):
    def dump_json(self, value: object, /) -> bytes: ...


def decode(kind: type[T], text: str | bytes) -> T:
    """Return the value of a type that was written as JSON."""
    return cast("T", typed(kind, json.loads(text)))  # written by us: it is what it was


def make(cls: type[T], values: Mapping[str, object]) -> T:
    """Return a dataclass of values that have its types."""
    return cast("Callable[..., T]", cls)(**values)


def encode(value: object) -> str:
    """Return a value as JSON."""
    return _writer().dump_json(value).decode()


def typed(kind: object, value: object) -> object:
    """Return a value of JSON as one of a type."""
    origin = get_origin(kind)
    if value is None:
        return None
    if origin in {Union, UnionType}:
        return typed(next(one for one in get_args(kind) if one is not type(None)), value)
    if isinstance(value, list):
        return [typed(get_args(kind)[0], one) for one in value] if origin is list else value
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, dict):
        return _object(kind, value)
    if kind is float and isinstance(value, int):
        return float(value)
    return kind(value) if _is_enum(kind) else value


def _object(kind: type, value: Mapping[str, object]) -> object:
    """Return a dataclass; fields that it does not know are passed over."""
    known = _hints(kind)
    return make(
        kind, {name: typed(known[name], one) for name, one in value.items() if name in known}
    )


def _is_enum(kind: object) -> TypeGuard[type[Enum]]:
    return isinstance(kind, type) and issubclass(kind, Enum)


@cache
def _hints(kind: type) -> dict[str, object]:
    return get_type_hints(kind)


@cache
def _writer() -> _Writer:
    """Return what writes any value; pydantic is imported when something is written."""
    writer: _Writer = importlib.import_module("pydantic").TypeAdapter(object)
    return writer
