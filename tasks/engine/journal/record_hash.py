"""The record of an operation as a hash in Redis: `read` makes a record of it, `changes` the fields.

Nothing else knows the form of a field. A field of `Record` is one field of the hash under its own
name. A field of `Point` is `<part>:<label>`, where the label numbers the suspension points of the
body in their order: `call:0`, `task:0`, `outcome:0`; a call that is launched anew has the label
`0.1`; the steps that undo are `undo`.

Scripts may touch the fields in `SCRIPT_FIELDS` and `SCRIPT_PARTS` alone, by the tables that
`scripts.py` puts before their text.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from enum import StrEnum
from functools import cache
from typing import TypeVar, get_type_hints

from tasks.engine.journal import json_values
from tasks.engine.journal.record import (
    CancelRequest,
    FailingStage,
    Outcome,
    Phase,
    Point,
    Record,
)

SCRIPT_FIELDS = frozenset(
    {
        "answer",
        "answer_key",
        "answered",
        "calls",
        "cancel",
        "created",
        "deadline",
        "delivery",
        "ended",
        "failing",
        "failure",
        "fencing_token",
        "held_until",
        "holder",
        "leaves",
        "message",
        "overtook",
        "passed",
        "phase",
        "progress",
        "published",
        "queue",
        "refusals",
        "refused",
        "repeats",
        "request",
        "sending",
    }
)
SCRIPT_PARTS = frozenset({"landed", "outcome", "parked", "surplus", "task"})


Changed = TypeVar("Changed", Record, Point)


def read(fields_: Mapping[str, str]) -> Record:
    """Return the record of a hash; fields that it does not know are passed over."""
    values: dict[str, object] = {}
    parts: dict[str, dict[str, object]] = {}
    for name, text in fields_.items():
        part, colon, label = name.partition(":")
        if colon and part in _hints(Point):
            parts.setdefault(label, {})[part] = _value(Point, part, text)
        elif name in _hints(Record):
            values[name] = _value(Record, name, text)
    points = {label: json_values.make(Point, known) for label, known in parts.items()}
    return json_values.make(Record, {**values, "points": points})


def changes(old: Record, new: Record) -> dict[str, str]:
    """Return the fields to write so that the hash of the old record becomes that of the new."""
    written = {name: text(value) for name, value in _differences(old, new) if name != "points"}
    for label, point in new.points.items():
        written |= point_changes(label, old.point(label), point)
    return written


def point_changes(label: str, old: Point, new: Point) -> dict[str, str]:
    """Return the fields to write so that one suspension point becomes another."""
    return {f"{part}:{label}": text(value) for part, value in _differences(old, new)}


def _differences(old: Changed, new: Changed) -> Iterator[tuple[str, object]]:
    for one in fields(new):
        before, after = getattr(old, one.name), getattr(new, one.name)
        if before is not after and before != after:
            yield one.name, after


@cache
def _hints(cls: type) -> dict[str, object]:
    return get_type_hints(cls)


def _value(cls: type, name: str, text: str) -> object:
    """Read one field: text as it is, anything else as JSON; an empty one counts as not there."""
    kind = _hints(cls)[name]
    if kind is str:
        return text
    if not text:
        return getattr(cls(), name)
    if kind in _WORDS:
        return _WORDS[kind](text)
    return json_values.typed(kind, json.loads(text))


def text(value: object) -> str:
    """Return a part of a record as the hash and scripts have it."""
    if value is None or isinstance(value, str):
        return str(value or "")
    return json_values.encode(value)


_WORDS: dict[object, type[StrEnum]] = {
    Phase | None: Phase,
    CancelRequest | None: CancelRequest,
    FailingStage | None: FailingStage,
}


def outcome(text: str) -> Outcome:
    """Read an outcome as scripts hand it out."""
    return json_values.decode(Outcome, text)
