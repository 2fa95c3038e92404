"""Declaring operations: one decorated function per verb.

    @operation(queue="change", undo=Undo("xenserver.vm.discard", "vm"))
    def clone(xen: Xen, *, vm: VmOrTemplateName, name: Label) -> Steps[Created]:
        \"\"\"Copy a halted VM or a template under a new name.\"\"\"
        new = yield xen.Async.VM.clone(xen.find.vm_or_template(vm), name)
        return created(xen.uuid.vm(new), name=name)

From the signature come the message model, the answer's schema, the wire name and the queue. A
generator is a long operation: each `yield` is one leg. A plain function answers at once.
"""

import inspect
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from celery import Signature

from config import queues
from tasks.engine.declaration import catalogue, checks, message
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.checks import Body
from tasks.engine.declaration.suspensions import Leg

A = TypeVar("A", bound=Answer)

Steps = Generator[Leg, Any, A]
"""The shape of a long operation: it yields legs, is sent the outcome of each, and answers."""


@dataclass(frozen=True)
class Undo:
    """The operation that undoes a making, and its field that takes the UUID of what was made.

    `first` names an operation that makes undoing possible: it is done before anything at all is
    undone.
    """

    name: str
    field: str
    options: tuple[tuple[str, Any], ...] = ()
    first: str = ""

    def fields(self, uuid: str) -> dict[str, Any]:
        """Return the message that undoes the making of one object."""
        return {self.field: uuid, **dict(self.options)}


@dataclass(frozen=True)
class Operation:
    """An operation or flow as it was declared: a value, known by its name on the wire."""

    name: str
    body: Body
    model: type[message.Message]
    answer: type[Answer]
    queue: str
    undo: Undo | None = None
    is_flow: bool = False
    shape: Callable[[Mapping[str, Any], Any], Answer] | None = None

    @property
    def is_long(self) -> bool:
        """Whether it has legs."""
        return self.is_flow or inspect.isgeneratorfunction(self.body)

    @property
    def summary(self) -> str:
        """The first sentence of its documentation."""
        return (inspect.getdoc(self.body) or "").split("\n", 1)[0]

    @property
    def where(self) -> str:
        """File and line of the declaration."""
        return checks.where(self.body)

    def s(self, *, feed: Mapping[str, str] | None = None, **fields: Any) -> Signature[Any]:
        """Return a Celery signature of a message, checked as far as it can be before it is sent."""
        given = fields if feed is None else {**fields, "feed": dict(feed)}
        kwargs = message.check_unfed(self.model, given)
        return Signature(self.name, kwargs=kwargs, queue=self.queue)


def operation(
    *, queue: str = queues.CHANGE, undo: Undo | None = None, name: str | None = None
) -> Callable[[Body], Operation]:
    """Declare an operation; its name is `xenserver.<module>.<function>` unless one is given."""

    def declare(body: Body) -> Operation:
        answer = checks.check_operation(body, queue)
        base = message.Message if queue == queues.FIND else message.ChangingMessage
        wire = name or f"xenserver.{_noun(body)}.{body.__name__}"
        declared = Operation(
            name=wire,
            body=body,
            model=message.model_of(body, wire, base),
            answer=answer,
            queue=queue,
            undo=undo,
        )
        catalogue.declare(declared)
        return declared

    return declare


def _noun(body: Body) -> str:
    """Return the class of a body: its module, or the package where a class fills several."""
    parts = body.__module__.split(".")
    return parts[1] if len(parts) > 1 else parts[0]
