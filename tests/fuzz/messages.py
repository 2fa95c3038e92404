"""Hostile messages at random: the known ones, damaged ones, sound ones with other members."""

import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.hostile_messages import DEAD, FIND, REFUSED, SOUND, Hostile

LARGE = 1_000_000  # bytes; larger messages are rare, for they cost much and show little

_KNOWN = [
    "task",
    "id",
    "root_id",
    "parent_id",
    "group",
    "group_index",
    "shadow",
    "lang",
    "origin",
    "argsrepr",
    "kwargsrepr",
    "retries",
    "eta",
    "expires",
    "timelimit",
    "replaced_task_nesting",
    "stamped_headers",
    "stamps",
    "compression",
    "redelivered",
    "xenflow_path",
    "xenflow_undoes",
    "xenflow_adopts",
    "xenflow_refused",
    "get",
    "update",
    "delivery_info",
    "headers",
    "callbacks",
    "chord",
    "hostname",
    "is_eager",
    "called_directly",
    "__class__",
    "x",
]
_FIELDS = [
    "uuid",
    "name",
    "fields",
    "limit",
    "after",
    "target",
    "hostname",
    "username",
    "password",
    "protocol",
    "port",
    "timeout",
    "feed",
    "self",
    "async",
    "runAsync",
    "on_failure",
    "args",
    "kwargs",
    "request",
    "__init__",
    "x",
]
_PARTS = (
    *(("headers", name) for name in _KNOWN if name != "id"),
    *(("kwargs", name) for name in _FIELDS),
    *(("embed", name) for name in ("callbacks", "errbacks", "chain", "chord", "get", "x")),
    *(("properties", name) for name in ("priority", "reply_to", "correlation_id", "delivery_tag")),
    ("properties", "delivery_info"),
    ("properties", "body_encoding"),
    ("content", "content-type"),
    ("content", "content-encoding"),
)
_STEP: dict[str, Any] = {
    "task": FIND,
    "args": [],
    "kwargs": {},
    "options": {},
    "subtask_type": None,
}
_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**18,
    10**30,
    1e300,
    "",
    "x",
    "0",
    "*",
    "a" * 5_000,
    "A" * 50_000,
    "password='x",
    "\ud800",
    "\x00",
    "2001-01-01T00:00:00",
    "0001-01-01T00:00:00+14:00",
    "base64",
    "application/x-gzip",
    "application/json",
    [],
    [None],
    [[]],
    ["x"],
    [1, 2],
    {},
    {"x": "x"},
    {"": ""},
    {"password": "hostname"},
    {"vm": "*"},
    _STEP,
    [_STEP],
    {**_STEP, "options": {"link": [_STEP]}},
    {"task": FIND},
    {"__type__": "uuid", "__value__": {"hex": "0" * 32}},
    {"__type__": "uuid", "__value__": "x"},
    {"__type__": "decimal", "__value__": "1e999999999"},
    {"__type__": "datetime", "__value__": "2001-01-01T00:00:00"},
    {"__type__": "bytes", "__value__": "x"},
    json.loads("[" * 60 + "]" * 60),
    json.loads("[" * 150 + "]" * 150),
)
_TASKS = (FIND, FIND, FIND, "xenserver.vm.find", "xenserver.vm.start", "flow.find_list_of_vms")
_INTERNAL = ("xenflow.step_succeeded", "xenflow.step_failed", "xenflow.poll", "xenflow.refused")


@dataclass(frozen=True)
class Shot:
    """A message, its id, and whether an answer under it is owed."""

    item: bytes
    id: str
    is_owed: bool


def shots(chance: random.Random, count: int) -> Iterator[Shot]:
    """Yield so many messages."""
    makers = (_known, _damaged, _replaced, _replaced, _replaced, _internal)
    for _ in range(count):
        task_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        yield chance.choice(makers)(chance, task_id)


def _known(chance: random.Random, task_id: str) -> Shot:
    kinds = {**REFUSED, **DEAD, **SOUND}
    what = chance.choice(list(kinds))
    item = kinds[what].item(task_id)
    if len(item) > LARGE and chance.random() < 0.9:
        return _known(chance, task_id)
    return Shot(item, task_id, is_owed=what not in DEAD)


def _damaged(chance: random.Random, task_id: str) -> Shot:
    item = _known(chance, task_id).item
    at = chance.randrange(len(item) + 1)
    spoilt = item[:at] + chance.randbytes(chance.randrange(4)) + item[at + chance.randrange(4) :]
    return Shot(spoilt, task_id, is_owed=False)


def _replaced(chance: random.Random, task_id: str) -> Shot:
    """Replace up to three members of a sound message by any values."""
    return Shot(_with_any(chance, chance.choice(_TASKS)).item(task_id), task_id, is_owed=True)


def _internal(chance: random.Random, task_id: str) -> Shot:
    """Send what workers send to each other, with any fields."""
    item = _with_any(chance, chance.choice(_INTERNAL)).item(task_id)
    return Shot(item, task_id, is_owed=False)


def _with_any(chance: random.Random, task: str) -> Hostile:
    parts: dict[str, dict[str, Any]] = {"headers": {"task": task}}
    for _ in range(chance.randrange(1, 4)):
        part, name = chance.choice(_PARTS)
        parts.setdefault(part, {})[name] = chance.choice(_VALUES)
    return Hostile(**parts)  # type: ignore[arg-type]  # names of its fields
