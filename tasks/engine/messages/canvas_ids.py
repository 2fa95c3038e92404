"""Canvases on their way: each signature gets its id, its headers and what its flow hands on.

The ids are deterministic (from the flow's id and the place in the canvas), so that an expansion
delivered twice is the same expansion. The place of a step travels in a header, so that each step
knows the flows around it.
"""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from celery import chain, chord, group

from tasks.engine.declaration import catalogue, message
from tasks.engine.declaration.flow import Canvas
from tasks.engine.declaration.operation import Operation
from tasks.engine.messages.publisher import PATH, UNDOES, path_text

CHAIN = "celery.chain"  # by its name: `a | b` is no instance of `celery.chain`
_NAMESPACE = uuid.UUID("b0b1f5c2-6f0e-5a57-9b3e-6d2d6c5f8a11")


def step_id(flow_id: str, place: str) -> str:
    """Return the id of the step at a place of a flow's canvas: the same each time."""
    return str(uuid.uuid5(_NAMESPACE, f"{flow_id}/{place}"))


def is_repeatable(canvas: Canvas) -> bool:
    """Return whether a canvas may be sent again: a step of somebody else's might act again."""
    return all(catalogue.find(step["task"]) for step in _steps(canvas))


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


def assign_ids(
    canvas: Canvas,
    *,
    path: tuple[str, ...],
    place: str,
    handed: Mapping[str, Any],
    undoes: bool = False,
) -> Canvas:
    """Return every signature in a canvas its id, its headers and what the flow hands on."""
    if isinstance(canvas, chord):
        return _chord_with_ids(canvas, path=path, place=place, handed=handed, undoes=undoes)
    if canvas.task == CHAIN:
        steps = [
            assign_ids(step, path=path, place=f"{place}/{n}", handed=handed, undoes=undoes)
            for n, step in enumerate(canvas.kwargs["tasks"])
        ]
        return chain(*steps)
    if isinstance(canvas, group):
        problem = "a group stands alone in a flow: give it a body, so that its answers go somewhere"
        raise TypeError(problem)
    return _step_with_ids(canvas, path, place, handed, undoes=undoes)


def _chord_with_ids(canvas: Any, *, place: str, path: tuple[str, ...], **rest: Any) -> Canvas:
    tasks = enumerate(_parts(canvas))
    parts = [assign_ids(t, path=path, place=f"{place}/{n}", **rest) for n, t in tasks]
    header = group(parts)
    header.options["task_id"] = step_id(path[-1], f"{place}/group")
    return chord(header, assign_ids(canvas.body, path=path, place=f"{place}/body", **rest))


def _parts(canvas: Any) -> list[Canvas]:
    """Return what a chord does at once."""
    return list(canvas.tasks.tasks if isinstance(canvas.tasks, group) else canvas.tasks)


def _step_with_ids(
    step: Canvas, path: tuple[str, ...], place: str, handed: Mapping[str, Any], *, undoes: bool
) -> Canvas:
    step = step.clone()
    headers = {**(step.options.get("headers") or {}), PATH: path_text(path)}
    if undoes:
        headers[UNDOES] = "1"
    step.set(task_id=step_id(path[-1], place), headers=headers)
    ours = catalogue.find(step["task"])
    if ours:
        step.set(queue=ours.queue)
        step["kwargs"] = {**_taken(handed, step.kwargs, ours), **step.kwargs}
    return step


def _taken(handed: Mapping[str, Any], said: Mapping[str, Any], step: Operation) -> dict[str, Any]:
    """Return what a step takes over: what it knows, and how to reach XenServer only as a whole."""
    elsewhere = {"target", "hostname"} & said.keys()
    return {
        name: value
        for name, value in handed.items()
        if name in step.model.model_fields and not (elsewhere and name in message.CONNECTION)
    }
