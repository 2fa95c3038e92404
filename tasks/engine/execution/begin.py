"""The beginning of an execution: its delivery, the check of its message, its first record."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pydantic.alias_generators import to_snake

from tasks.engine.declaration import message, problems
from tasks.engine.declaration.definition import Operation
from tasks.engine.declaration.message import Message
from tasks.engine.journal import record_check
from tasks.engine.journal.entry import Place
from tasks.engine.journal.record import CancelRequest, Record
from tasks.engine.messages import publisher
from xenserver import errors

_ID_TAKEN = "XENFLOW_ID_TAKEN"


@dataclass(frozen=True)
class Delivery:
    """One delivery of a message, as Celery hands it over."""

    id: str
    name: str
    place: Place
    fields: Mapping[str, object]
    args: tuple[object, ...]
    follows: bool
    wire: str
    queue: str
    sending: int
    tag: str
    origin: str
    has_next: bool
    adopts: Mapping[str, str]
    revoked: bool
    refusal: errors.Refused | None
    is_kept: Callable[[Record], bool]


def check(operation: Operation, delivery: Delivery) -> Message:
    """Return the message of a delivery; raise Refused where it is wrong."""
    if delivery.refusal:
        raise delivery.refusal
    message.check_id(delivery.id)
    _adopted(delivery)
    args = delivery.args
    checked = message.check(operation.model, delivery.fields, args[0] if args else None)
    message.check_positional(operation.model, delivery.fields, args, follows=delivery.follows)
    return checked


def first(operation: Operation, delivery: Delivery, checked: Message | None) -> Record:
    """Return the record with which an operation begins; a wrong message is not kept in it."""
    inputs = json.loads(json.dumps(message.masked(delivery.fields), default=str))
    begun = replace(
        _adopted(delivery) if checked else Record(),
        name=operation.name,
        root=delivery.place.root,
        path=publisher.path_text(delivery.place.path),
        inputs=inputs,
        request=request(operation.name, inputs, checked),
        origin=delivery.origin,
        queue=delivery.queue,
        delivery=delivery.tag,
        undoes=delivery.place.undoes,
        cancel=CancelRequest.REVOKED if delivery.revoked else None,
    )
    if checked is None:
        return begun
    return replace(begun, message=delivery.wire, target=checked.hostname or checked.target)


def _adopted(delivery: Delivery) -> Record:
    """Return the record that an operation continues from; raise Refused where it is not one."""
    try:
        return record_check.read(delivery.adopts)
    except (TypeError, ValueError):
        raise problems.wrong([f"{publisher.ADOPTS}: is not a record of a call"]) from None


def id_taken(operation_id: str, name: str, known: Record) -> errors.Refused:
    """Return the error for a message whose id is that of another one."""
    other = "with other fields" if known.name == name else f"not {name}"
    text = f"the id {operation_id} is that of {known.name}, {other}; use an id of its own"
    return errors.Refused(_ID_TAKEN, [operation_id, known.name], f"{text} ({_ID_TAKEN})")


def is_id_taken(end: object, operation_id: str) -> bool:
    """Return whether a stored end is such an error, and not the end of the operation itself."""
    if not isinstance(end, errors.Refused) or end.code != _ID_TAKEN:
        return False
    return list(end.params)[:1] == [operation_id]


def request(name: str, inputs: Mapping[str, object], checked: Message | None) -> str:
    """Return what distinguishes requests: digests, one of which is the same in equal requests.

    They are of the inputs as they came, which no later version reads otherwise, and as they are
    read: `1 GiB` and 1073741824 are the same.
    """
    read = message.masked(checked.document()) if checked else inputs
    return " ".join(dict.fromkeys((_digest(name, inputs), _digest(name, read))))


def _digest(name: str, inputs: Mapping[str, object]) -> str:
    asked = {to_snake(field): value for field, value in inputs.items()}
    asked.pop("repeat_failed", None)
    return hashlib.sha256(json.dumps([name, asked], sort_keys=True).encode()).hexdigest()
