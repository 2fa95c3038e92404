"""Reads parameters by the data model's types, as forgiving and as strict as the toolstack."""

import re
from typing import Any

from simulator import datamodel
from simulator.datamodel import Type
from simulator.errors import internal

_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)(?:\.\d+)?Z?")


class Reader:
    """Turns what a codec read off the wire into wire values, or refuses with INTERNAL_ERROR."""

    def __init__(self, model: datamodel.Model) -> None:
        self._model = model

    def read(self, value: Any, kind: Type) -> Any:  # noqa: ANN401  # any wire value
        """Give the value as the type wants it: numbers may come as text, booleans may not."""
        match kind.kind:
            case "string" | "ref":
                return _text(value, kind)
            case "int":
                return _number(value, int, kind)
            case "float":
                return _number(value, float, kind)
            case "bool":
                return value if isinstance(value, bool) else _refuse(value, kind)
            case "datetime":
                return _date(value, kind)
            case "enum":
                return self._enum(value, kind)
            case "set":
                return [self.read(item, kind.items[0]) for item in _of(list, value, kind)]
            case "map":
                return self._map(value, kind)
            case "record":
                return self._record(value, self._model.classes[kind.name])
            case _:
                return value

    def _enum(self, value: Any, kind: Type) -> str:  # noqa: ANN401  # any wire value
        text = _text(value, kind)
        return text if text in self._model.enums[kind.name] else _refuse(value, kind)

    def _map(self, value: Any, kind: Type) -> dict[str, Any]:  # noqa: ANN401  # any wire value
        key, item = kind.items
        pairs = _of(dict, value, kind).items()
        return {str(self.read(name, key)): self.read(inner, item) for name, inner in pairs}

    def _record(self, value: Any, cls: datamodel.Class) -> dict[str, Any]:  # noqa: ANN401  # any wire value
        """Keep what `create` takes and fill in defaults; what it does not take is ignored."""
        given = _of(dict, value, Type("record", cls.name))
        return {
            field.name: self._field(given, field, cls.name)
            for field in cls.fields.values()
            if field.constructs
        }

    def _field(self, given: dict[str, Any], field: datamodel.Field, cls: str) -> Any:  # noqa: ANN401  # any wire value
        if field.name in given:
            return self.read(given[field.name], field.type)
        if not field.has_default:
            raise internal(f"Server_helpers.Dispatcher_FieldNotFound({cls}.{field.name})")
        return field.initial()


def _text(value: Any, kind: Type) -> str:  # noqa: ANN401  # any wire value
    return value if isinstance(value, str) else _refuse(value, kind)


def _number(value: Any, number: type[int] | type[float], kind: Type) -> Any:  # noqa: ANN401  # any wire value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return _refuse(value, kind)
    if number is int and isinstance(value, float):
        return _refuse(value, kind)
    try:
        return number(value)
    except ValueError:
        return _refuse(value, kind)


def _date(value: Any, kind: Type) -> str:  # noqa: ANN401  # any wire value
    found = _DATE.fullmatch(_text(value, kind))
    if not found:
        return _refuse(value, kind)
    year, month, day, hour, minute, second = found.groups()
    return f"{year}{month}{day}T{hour}:{minute}:{second}Z"


def _of(shape: type, value: Any, kind: Type) -> Any:  # noqa: ANN401  # any wire value
    return value if isinstance(value, shape) else _refuse(value, kind)


def _refuse(value: Any, kind: Type) -> Any:  # noqa: ANN401  # never returns
    text = f"Rpc.Runtime_error: expected {kind}, got {type(value).__name__}"
    raise internal(text) from None
