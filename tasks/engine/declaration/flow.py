"""Flows: operations whose one suspension point is a canvas of other operations.

The body of a flow is a value: it returns a chain or chord of signatures and makes no calls. How
its signatures get their ids is in `messages/canvas_ids.py`.
"""

from collections.abc import Callable

from celery import Signature

from config import queues
from tasks.engine.declaration import catalogue, checks, message
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.checks import Body
from tasks.engine.declaration.definition import Destroys, Goal, Operation, Shape

Canvas = Signature[object]


def flow(
    *,
    answer: type[Answer],
    shape: Shape | None = None,
    name: str | None = None,
    internal: bool = False,
    destroys: Destroys | None = None,
    goal: Goal | None = None,
) -> Callable[[Body], Operation]:
    """Declare a flow that gives `answer`, by `shape` from its message and its last answer.

    An `internal` one is a step of our own flows: lists of operations leave it out. `destroys` lists
    by its message what it is to destroy: when it fails, its error says what is gone, what is left.
    With a `goal`, its error says which VMs have reached it, and which have not.
    """

    def declare(body: Body) -> Operation:
        checks.check_flow(body, answer)
        wire = name or f"flow.{body.__name__}"
        declared = Operation(
            name=wire,
            body=body,
            model=message.model_of(body, wire, message.ChangingMessage),
            answer=answer,
            queue=queues.CHANGE,
            is_internal=internal,
            is_flow=True,
            shape=shape,
            destroys=destroys,
            goal=goal,
        )
        catalogue.declare(declared)
        return declared

    return declare
