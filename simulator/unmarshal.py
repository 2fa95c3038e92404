"""Reader of parameters by the types of the data model, as strict as the toolstack."""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulator import datamodel
from simulator.datamodel import Type
from simulator.errors import Failure, internal
from simulator.exchange import shown

Converter = Callable[[Any, Type], Any]

_BOUND = 1 << 63
_INTEGER = re.compile(
    r"[-+]?(0[xX][0-9a-fA-F][0-9a-fA-F_]{0,30}|0[oO][0-7][0-7_]{0,40}|0[bB][01][01_]{0,90}"
    r"|[0-9][0-9_]{0,40})"
)
_PREFIXED = re.compile(r"[-+]?0[xXoObB]")
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)(?:\.\d+)?Z?", re.ASCII)


class Reader:
    """Converter from what a codec decoded to typed values; refuses with INTERNAL_ERROR."""

    def __init__(self, model: datamodel.Model) -> None:
        self._model = model
        self._readers: dict[str, Converter] = {
            "string": _text,
            "ref": _text,
            "int": _int,
            "float": _float,
            "bool": _bool,
            "datetime": _date,
            "enum": self._enum,
            "set": self._set,
            "map": self._map,
            "record": self._record,
        }

    def read(self, value: Any, kind: Type) -> Any:  # noqa: ANN401 - any wire value
        """Return the value as the type wants it: numbers may come as text, booleans may not."""
        return self._readers[kind.kind](value, kind)

    def _set(self, value: Any, kind: Type) -> list[Any]:  # noqa: ANN401 - any wire value
        return [self.read(item, kind.items[0]) for item in _of(list, value, kind)]

    def _enum(self, value: Any, kind: Type) -> str:  # noqa: ANN401 - any wire value
        text = _text(value, kind)
        if text not in self._model.enums[kind.name]:
            raise _refusal(value, kind)
        return text

    def _map(self, value: Any, kind: Type) -> dict[str, Any]:  # noqa: ANN401 - any wire value
        key, item = kind.items
        pairs = _of(dict, value, kind).items()
        return {str(self.read(name, key)): self.read(inner, item) for name, inner in pairs}

    def _record(self, value: Any, kind: Type) -> dict[str, Any]:  # noqa: ANN401 - any wire value
        """Return the fields that `create` takes, with defaults; others are ignored."""
        given = _of(dict, value, kind)
        cls = self._model.classes[kind.name]
        return {
            field.name: self._field(given, field, cls)
            for field in cls.fields.values()
            if field.constructs
        }

    def _field(self, given: dict[str, Any], field: datamodel.Field, cls: datamodel.Class) -> Any:  # noqa: ANN401 - any wire value
        if field.name in cls.hidden:
            return field.initial()
        if field.name in given:
            return self.read(given[field.name], field.type)
        if not field.has_default:
            raise internal(f"Server_helpers.Dispatcher_FieldNotFound({cls.name}.{field.name})")
        return field.initial()


def _text(value: Any, kind: Type) -> str:  # noqa: ANN401 - any wire value
    return str(_of(str, value, kind))


def _bool(value: Any, kind: Type) -> bool:  # noqa: ANN401 - any wire value
    return bool(_of(bool, value, kind))


def _int(value: Any, kind: Type) -> int:  # noqa: ANN401 - any wire value
    if isinstance(value, str):
        value = integer(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refusal(value, kind)
    return _bounded(value)


def integer(text: str) -> int:
    """Read an integer as OCaml writes them: `0x1f`, `1_000`; INTERNAL_ERROR if it is none."""
    if not _INTEGER.fullmatch(text):
        raise _failure("Int64.of_string")
    digits = text.replace("_", "")
    return _bounded(int(digits, 0) if _PREFIXED.match(digits) else int(digits))


def _bounded(value: int) -> int:
    if not -_BOUND <= value < _BOUND:
        raise _failure("Int64.of_string")
    return value


def _float(value: Any, kind: Type) -> float:  # noqa: ANN401 - any wire value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _refusal(value, kind)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise _failure("float_of_string") from None
    if not math.isfinite(number):
        raise _refusal(value, kind)
    return number


def _date(value: Any, kind: Type) -> str:  # noqa: ANN401 - any wire value
    found = _DATE.fullmatch(_text(value, kind))
    if not found:
        raise _refusal(value, kind)
    year, month, day, hour, minute, second = found.groups()
    text = f"{year}{month}{day}T{hour}:{minute}:{second}"
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise _refusal(value, kind) from None
    return f"{text}Z"


def _of(shape: type, value: Any, kind: Type) -> Any:  # noqa: ANN401 - any wire value
    if not isinstance(value, shape):
        raise _refusal(value, kind)
    return value


def _refusal(value: object, kind: Type) -> Failure:
    """Refuse a value in the words of the toolstack's RPC library."""
    expected = _EXPECTED.get(kind.kind, str(kind))
    return _failure(f"Expected {expected}, got '{shown(value)}'")


def _failure(text: str) -> Failure:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return internal(f'Failure("{quoted}")')


def session(value: object) -> str:
    """Return the session that a parameter is."""
    return _text(value, _STRING)


_STRING = Type("string")
_EXPECTED = {"ref": "string", "int": "int64", "datetime": "DateTime"}
