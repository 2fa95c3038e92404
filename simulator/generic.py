"""Methods derived from the data model: getters, setters, look-ups."""

from collections.abc import Callable
from typing import Any

from simulator import datamodel, expressions
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import Method
from simulator.tables import NULL, Row


def handler(message: datamodel.Message, model: datamodel.Model) -> Method:
    """Return the coroutine of a message; NOT_IMPLEMENTED where there is none."""
    cls = model.classes[message.cls]
    if message.field:
        return _of_field(message.kind, cls, cls.fields[message.field])
    if message.kind != "custom":
        return _lookup(message.kind, cls)
    return _plain_setter(message, cls) or _refusing(message)


def _of_field(kind: str, cls: datamodel.Class, field: datamodel.Field) -> Method:
    does = _ON_FIELD[kind]

    async def perform(call: Call, ref: str, *values: Any) -> Any:  # noqa: ANN401 - wire values
        return does(call, cls.name, field, ref, *values)

    return perform


def _lookup(kind: str, cls: datamodel.Class) -> Method:
    does = _ON_CLASS[kind]

    async def perform(call: Call, *values: Any) -> Any:  # noqa: ANN401 - wire values
        return does(call, cls, *values)

    return perform


def _plain_setter(message: datamodel.Message, cls: datamodel.Class) -> Method | None:
    """Return a plain setter for a custom setter message without a method."""
    for kind, parameters in _SETTERS.items():
        field = cls.fields.get(message.name.removeprefix(f"{kind}_"))
        if not message.name.startswith(f"{kind}_") or field is None:
            continue
        if len(message.params) == parameters and (kind == "set" or field.type.kind == "map"):
            return _of_field(kind, cls, field)
    return None


def _refusing(message: datamodel.Message) -> Method:
    """Return what refuses a message that is not simulated, dead references first."""
    refs = [each.type.name if each.type.kind == "ref" else "" for each in message.params]

    async def refuse(call: Call, *values: Any) -> None:  # noqa: ANN401 - wire values
        for cls, value in zip(refs, values, strict=False):
            if cls in call.db.tables and (value != NULL or cls == message.cls):
                call.db.get(cls, value)
        raise Failure("NOT_IMPLEMENTED", message.method)

    return refuse


def _get(call: Call, cls: str, field: datamodel.Field, ref: str) -> Any:  # noqa: ANN401 - wire value
    return call.db.get(cls, ref)[field.name]


def _set(call: Call, cls: str, field: datamodel.Field, ref: str, value: Any) -> None:  # noqa: ANN401 - wire value
    call.db.put(cls, ref, **{field.name: value})


def _add_to(  # noqa: PLR0913, PLR0917 - one per part of the message
    call: Call,
    cls: str,
    field: datamodel.Field,
    ref: str,
    key: str,
    value: Any,  # noqa: ANN401 - wire value
) -> None:
    if key in call.db.get(cls, ref)[field.name]:
        raise Failure("MAP_DUPLICATE_KEY", cls, field.column, ref, key)
    call.db.put_key(cls, ref, field.name, key, value)


def _remove_from(call: Call, cls: str, field: datamodel.Field, ref: str, key: str) -> None:
    call.db.drop_key(cls, ref, field.name, key)


def _add(call: Call, cls: str, field: datamodel.Field, ref: str, value: Any) -> None:  # noqa: ANN401 - wire value
    call.db.put_item(cls, ref, field.name, value)


def _remove(call: Call, cls: str, field: datamodel.Field, ref: str, value: Any) -> None:  # noqa: ANN401 - wire value
    call.db.drop_item(cls, ref, field.name, value)


def _get_all(call: Call, cls: datamodel.Class) -> list[str]:
    return call.db.refs(cls.name)


def _get_all_records(call: Call, cls: datamodel.Class) -> dict[str, Row]:
    return dict(call.db.tables[cls.name].rows)


def _get_all_records_where(call: Call, cls: datamodel.Class, expr: str) -> dict[str, Row]:
    test = expressions.compile_(expr, cls)
    rows = call.db.tables[cls.name].rows
    return {ref: row for ref, row in rows.items() if test(row.record)}


def _get_by_uuid(call: Call, cls: datamodel.Class, uuid: str) -> str:
    return call.db.by_uuid(cls.name, uuid)


def _get_by_name_label(call: Call, cls: datamodel.Class, label: str) -> list[str]:
    return call.db.where(cls.name, name_label=label)


def _get_record(call: Call, cls: datamodel.Class, ref: str) -> Row:
    return call.db.row(cls.name, ref)


_SETTERS = {"set": 2, "add_to": 3, "remove_from": 2}
_ON_FIELD: dict[str, Callable[..., Any]] = {
    "get": _get,
    "set": _set,
    "add_to": _add_to,
    "remove_from": _remove_from,
    "add": _add,
    "remove": _remove,
}
_ON_CLASS: dict[str, Callable[..., Any]] = {
    "get_all": _get_all,
    "get_all_records": _get_all_records,
    "get_all_records_where": _get_all_records_where,
    "get_by_uuid": _get_by_uuid,
    "get_by_name_label": _get_by_name_label,
    "get_record": _get_record,
}
