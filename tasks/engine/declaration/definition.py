"""What a declared operation or flow is: a value that everything else is read off."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from celery import Signature
from pydantic import JsonValue

from tasks.engine.declaration import checks, message
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.checks import Body
from tasks.engine.declaration.suspensions import Result, Running

A = TypeVar("A", bound=Answer)

Steps = Running[A]
"""The shape of a long operation: it yields suspensions, is sent each outcome, and answers."""

Shape = Callable[[Mapping[str, Result], Result], Answer]
"""How a flow makes its answer: of the fields of its message, and the answer of its last step."""


@dataclass(frozen=True)
class Destruction:
    """An object that a flow destroys; `kind` is what people call it."""

    cls: str
    uuid: str
    name: str
    kind: str


Destroys = Callable[[Mapping[str, Result]], Iterable[Destruction]]
"""How a flow lists what it is to destroy: of the fields of its message."""


@dataclass(frozen=True)
class Goal:
    """The power state to which a flow brings VMs one after the other, and by its fields which VMs.

    VMs that have reached it stay there when the flow fails.
    """

    state: str
    vms: Callable[[Mapping[str, Result]], Iterable[str]]


@dataclass(frozen=True)
class Undo:
    """The operation that undoes a creation, and its field for the UUID of the created object.

    `first` names an operation that makes undoing possible: it is done before anything at all is
    undone. What an operation has finished stays when a later step fails, unless it is `finished`
    too that can be undone. `only` names the class of objects that it undoes, where a body makes
    others too that go with those.
    """

    name: str
    field: str
    options: tuple[tuple[str, JsonValue], ...] = ()
    first: str = ""
    finished: bool = True
    only: str = ""

    def takes(self, cls: str) -> bool:
        """Return whether it undoes the creation of objects of a class."""
        return self.only in {"", cls}

    def fields(self, uuid: str) -> dict[str, JsonValue]:
        """Return the message that undoes the creation of one object."""
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
    is_internal: bool = False  # a step of our own flows: nobody sends it by hand
    is_flow: bool = False
    shape: Shape | None = None
    destroys: Destroys | None = None
    goal: Goal | None = None

    @property
    def is_long(self) -> bool:
        """Whether it has suspension points."""
        return self.is_flow or inspect.isgeneratorfunction(self.body)

    @property
    def summary(self) -> str:
        """The first sentence of its documentation."""
        return (inspect.getdoc(self.body) or "").split("\n", 1)[0]

    @property
    def where(self) -> str:
        """File and line of the declaration."""
        return checks.where(self.body)

    def s(self, *, feed: Mapping[str, str] | None = None, **fields: object) -> Signature[object]:
        """Return a Celery signature of a message, checked as far as it can be before it is sent."""
        given = fields if feed is None else {**fields, "feed": dict(feed)}
        kwargs = message.check_unfed(self.model, given)
        return Signature(self.name, kwargs=kwargs, queue=self.queue)
