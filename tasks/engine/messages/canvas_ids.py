"""Ids of canvases: each signature gets its id, its headers and the fields of its flow.

The ids are deterministic (from the flow's id and the place in the canvas), so that an expansion
delivered twice is the same expansion. The place of a step is in a header, so that each step
knows the flows around it.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from celery import chain, chord, group

from tasks.engine.declaration import catalogue, message
from tasks.engine.declaration.definition import Operation
from tasks.engine.declaration.flow import Canvas
from tasks.engine.messages import chords
from tasks.engine.messages.publisher import PATH, REPEATS, UNDOES, path_text

CHAIN = "celery.chain"  # by its name: `a | b` is not an instance of `celery.chain`
_NAMESPACE = uuid.UUID("b0b1f5c2-6f0e-5a57-9b3e-6d2d6c5f8a11")


def step_id(identity: str, place: str) -> str:
    """Return the id of the step at a place of a flow's canvas: the same each time."""
    return str(uuid.uuid5(_NAMESPACE, f"{identity}/{place}"))


def is_repeatable(canvas: Canvas) -> bool:
    """Return whether a canvas may be sent again: a step of somebody else's might act again."""
    return all(catalogue.find(step["task"]) for step in _steps(canvas))


def ids(canvas: Canvas) -> list[str]:
    """Return the ids of the steps of a canvas that has them."""
    return [str(step.options["task_id"]) for step in _steps(canvas)]


def _steps(canvas: Canvas) -> Iterator[Canvas]:
    if isinstance(canvas, chord):
        parts = [*_parts(canvas), canvas.body]
    elif canvas.task == CHAIN:
        parts = canvas.kwargs["tasks"]
    else:
        yield canvas
        return
    for part in parts:
        yield from _steps(part)


@dataclass(frozen=True)
class Sender:
    """The flow that sends a canvas: what each of its steps gets from it.

    `path` ends with the flow's own id; `identity` is what the ids of the steps are made of.
    """

    path: tuple[str, ...]
    identity: str
    handed: Mapping[str, object]
    repeats: int = 0
    undoes: bool = False

    def headers(self) -> dict[str, str]:
        """Return the headers of a step."""
        headers = {PATH: path_text(self.path)}
        if self.repeats:
            headers[REPEATS] = str(self.repeats)
        if self.undoes:
            headers[UNDOES] = "1"
        return headers


def assign_ids(canvas: Canvas, place: str, sender: Sender) -> Canvas:
    """Return a canvas whose every signature has its id, its headers and what the flow hands on."""
    if isinstance(canvas, chord):
        return _chord_with_ids(canvas, place, sender)
    if canvas.task == CHAIN:
        steps = enumerate(canvas.kwargs["tasks"])
        return chain(*(assign_ids(step, f"{place}/{n}", sender) for n, step in steps))
    if isinstance(canvas, group):
        problem = "a flow ends with a group: give the group a body that takes its answers"
        raise TypeError(problem)
    return _step_with_ids(canvas, place, sender)


def _chord_with_ids(canvas: chord, place: str, sender: Sender) -> Canvas:
    parts = [assign_ids(t, f"{place}/{n}", sender) for n, t in enumerate(_parts(canvas))]
    body = assign_ids(canvas.body, f"{place}/body", sender)
    return chords.counted(parts, body, group_id=step_id(sender.identity, f"{place}/group"))


def _parts(canvas: chord) -> list[Canvas]:
    """Return what a chord does at once."""
    return list(canvas.tasks.tasks if isinstance(canvas.tasks, group) else canvas.tasks)


def _step_with_ids(step: Canvas, place: str, sender: Sender) -> Canvas:
    step = step.clone()
    headers = {**(step.options.get("headers") or {}), **sender.headers()}
    step.set(task_id=step_id(sender.identity, place), headers=headers)
    ours = catalogue.find(step["task"])
    if ours:
        step.set(queue=ours.queue)
        step["kwargs"] = {**_taken(sender.handed, step.kwargs, ours), **step.kwargs}
    return step


def _taken(
    handed: Mapping[str, object], own: Mapping[str, object], step: Operation
) -> dict[str, object]:
    """Return what a step takes over: what it knows, and how to reach XenServer only as a whole."""
    elsewhere = {"target", "hostname"} & own.keys()
    return {
        name: value
        for name, value in handed.items()
        if name in step.model.model_fields and not (elsewhere and name in message.CONNECTION)
    }
