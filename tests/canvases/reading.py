"""Reading canvases: a flow's body is a value, so it can be looked at without any Redis."""

from typing import Any

from celery import Signature, chord

from tasks.engine.declaration import message
from tasks.engine.declaration.operation import Operation

Names = list[Any]


def canvas(flow: Operation, **fields: object) -> "Signature[Any]":
    """Return the canvas of a flow's message."""
    text = message.check(flow.model, fields)
    own = {name: getattr(text, name) for name in message.own_fields(flow.model)}
    made: Signature[Any] = flow.body(**own)
    return made


def steps(step: "Signature[Any]") -> list["Signature[Any]"]:
    """Return every step of a canvas, in order; the parts of a chord before its body."""
    if isinstance(step, chord):
        parts = [inner for part in _parts(step) for inner in steps(part)]
        return [*parts, *steps(step.body)]
    if step.task == "celery.chain":
        return [inner for part in step.kwargs["tasks"] for inner in steps(part)]
    return [step]


def names(step: "Signature[Any]") -> Names:
    """Return the names of a canvas's steps: a set of lists where they stand side by side."""
    if isinstance(step, chord):
        return [[names(part) for part in _parts(step)], *names(step.body)]
    if step.task == "celery.chain":
        return [name for part in step.kwargs["tasks"] for name in names(part)]
    return [step.task]


def _parts(step: Any) -> list["Signature[Any]"]:
    return list(getattr(step.tasks, "tasks", step.tasks))
