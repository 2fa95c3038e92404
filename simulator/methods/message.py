"""Messages about objects (ocaml/xapi/xapi_message.ml)."""

from collections.abc import Callable

from simulator import clock
from simulator.call import Call
from simulator.methods import method
from simulator.rules.view import records
from simulator.tables import Record

_TABLES = {"VM": "VM", "Host": "host", "SR": "SR", "Pool": "pool", "VDI": "VDI"}


@method("message.create")
async def create(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call, name: str, priority: int, cls: str, obj_uuid: str, body: str
) -> str:
    """Create a message about an object that exists."""
    if cls in _TABLES:
        call.db.by_uuid(_TABLES[cls], obj_uuid)
    message = call.create_message(name, cls, obj_uuid, body)
    call.db.put("message", message, priority=priority)
    return message


@method("message.destroy")
async def destroy(call: Call, message: str) -> None:
    """Delete a message."""
    call.db.destroy("message", message)


@method("message.destroy_many")
async def destroy_many(call: Call, messages: list[str]) -> None:
    """Delete messages, all or none."""
    for message in messages:
        call.db.get("message", message)
    for message in messages:
        call.db.destroy("message", message)


@method("message.get")
async def get(call: Call, cls: str, obj_uuid: str, since: str) -> dict[str, Record]:
    """Return the messages about an object, later than an instant."""
    return _select(
        call, since, lambda message: (message["cls"], message["obj_uuid"]) == (cls, obj_uuid)
    )


@method("message.get_since")
async def get_since(call: Call, since: str) -> dict[str, Record]:
    """Return all messages later than an instant."""
    return _select(call, since, lambda _: True)


def _select(call: Call, since: str, wanted: Callable[[Record], bool]) -> dict[str, Record]:
    after = clock.seconds(since)
    return {
        ref: message
        for ref, message in records(call.db, "message", call.db.refs("message"))
        if clock.seconds(message["timestamp"]) > after and wanted(message)
    }
