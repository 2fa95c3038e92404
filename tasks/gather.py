"""Bringing together what ran side by side: the body of a chord."""

from typing import Any

from pydantic import JsonValue

from config import queues
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.operation import operation


class Gathered(Answer):
    """The answers of steps that ran side by side, in the order of the steps."""

    answers: list[dict[str, JsonValue]]


@operation(queue=queues.FIND, name="xenflow.gather", internal=True)
def gather(_xen: Any, *, answers: list[dict[str, JsonValue]]) -> Gathered:  # noqa: ANN401 - it speaks to nobody
    """Gather the answers of steps that ran side by side."""
    count = len(answers)
    text = f"{count} step done" if count == 1 else f"{count} steps done"
    return Gathered(return_result=text, answers=answers)
