"""Admission: the one check of a whole message, before Celery sees any of it.

    item --read--> members --check--> sound:  delivered, its body decompressed
                                |     early:  parked until its `eta`, in no worker's hands
                                |     wrong:  delivered as a refusal, which answers under its id
                                +---- no id:  Unreadable, put aside as a dead letter

Where a member has a wrong type, Celery raises outside of the task and never acknowledges. A refusal
carries the members that are sound, so that the answer ends a chord, calls error callbacks and wakes
the flow that waits for it; it carries no field of the message.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.engine.messages import refusals
from workers.broker import envelope, salvage, unknown_tasks
from workers.broker.envelope import Unreadable
from workers.broker.members import Document, Members
from workers.broker.shapes import ACCUMULATE, INTERNAL

SOON = 1.0  # seconds: what is due by then is delivered at once
MOST_READ = 4  # longest bodies; a longer message is not read as a whole, however it is compressed
LATEST = 366 * 86_400.0  # seconds: nothing is parked for longer


@dataclass(frozen=True)
class Taken:
    """A message as it was taken: from where, when, and by what tag it is acknowledged.

    Of a message that is too long, `item` is the beginning and the end; `whole` reads all of it.
    """

    item: bytes
    length: int  # of the whole message
    queue: str
    tag: str
    now: float
    whole: Callable[[], bytes] = bytes


@dataclass(frozen=True)
class Sound:
    """A message for Celery: sound, or a refusal."""

    message: Document


@dataclass(frozen=True)
class Early:
    """A message that is not due yet."""

    until: float


@dataclass(frozen=True)
class Admission:
    """What a worker lets in: messages for these tasks, with a body of at most this many bytes.

    Operations answer for their own refusals; for others, `xenflow.refused` does.
    """

    operations: Collection[str]
    others: Collection[str]
    longest: int

    def __json__(self) -> str:
        """Return what `celery inspect stats` shows of it, among the options of the transport."""
        return "xenflow"

    @property
    def longest_message(self) -> int:
        """The bound of a whole message: in base64 a body is a third longer."""
        return 2 * self.longest

    def admit(self, taken: Taken) -> Sound | Early:
        """Check a message; raise Unreadable where there is no id to answer under."""
        found = self._read(taken)
        self._check_task(found, taken.queue)
        until = _moment(found.headers.pop("eta", None))
        if until > taken.now + LATEST:
            found.note("headers.eta: is more than a year ahead")
        if found.problems:
            return Sound(self._refusal(found, taken))
        if until > taken.now + SOON:
            return Early(until)
        return Sound(_written(found, taken, found.headers, found.body))

    def refuse(self, taken: Taken, problem: str) -> Sound:
        """Return the refusal of a message that was sound, and over which Celery stumbled."""
        found = self._read(taken)
        found.note(problem)
        return Sound(self._refusal(found, taken))

    def _read(self, taken: Taken) -> Members:
        try:
            found = Members(self._parsed(taken), self.longest)
        except Unreadable as problem:
            found = Members(self._salvaged(taken), self.longest)
            found.problems[:] = [f"message: {problem}"]
        found.headers.pop(refusals.REFUSAL, None)
        if not found.headers.get("id"):
            raise Unreadable("; ".join(["the message has no id", *found.problems]))
        return found

    def _salvaged(self, taken: Taken) -> Document:
        """Return what an answer needs of a message that cannot be read as a whole.

        What a compressed body embeds is known when all of it has been decompressed.
        """
        is_long = taken.length > self.longest_message
        plain = salvage.members(taken.item, is_long=is_long)
        if is_long and taken.length <= MOST_READ * self.longest:
            is_compressed = plain.get("headers", {}).get("compression") is not None
            plain |= {"body": salvage.body_in_base64(taken.whole())} if is_compressed else {}
        return plain

    def _parsed(self, taken: Taken) -> Any:
        if taken.length > self.longest_message:
            raise Unreadable(
                f"is longer than {self.longest_message} bytes; "
                f"its body may have {self.longest}, before base64 (XENFLOW_MESSAGE_LIMIT)"
            )
        return envelope.read(taken.item, self.longest_message)

    def _check_task(self, found: Members, queue: str) -> None:
        task = found.headers.get("task")
        if task in self.operations:
            return
        if task is None:
            found.note("headers.task: is missing")
        elif task in self.others:
            _check_internal(found, task)
        else:
            found.note(unknown_tasks.problem(task, self.operations, queue))

    def _refusal(self, found: Members, taken: Taken) -> Document:
        head = {**found.headers, "argsrepr": "[]", "kwargsrepr": "{}"}
        head |= refusals.header(found.problems)
        if head.get("task") not in self.operations:
            head |= {"task": refusals.REFUSED, "shadow": head.get("task") or refusals.REFUSED}
        head.pop("eta", None)
        return _written(found, taken, head, json.dumps([[], {}, found.embed]))


def _check_internal(found: Members, task: str) -> None:
    index = found.kwargs.get("index")
    if task == ACCUMULATE and index is not None and index not in range(len(found.args)):
        found.note("kwargs.index: must be the number of an argument")
    arguments, shape = INTERNAL.get(task, (None, None))
    if shape is None:
        return
    if len(found.args) != arguments:
        found.note(f"args: {task} takes {arguments}")
    found.check(shape)


def _moment(text: Any) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def _written(found: Members, taken: Taken, headers: Document, body: str) -> Document:
    """Return a message as kombu's channel takes it."""
    info = {"exchange": "", "routing_key": taken.queue}
    properties = {"priority": 0, **found.properties}
    properties.pop("body_encoding", None)
    return {
        "body": body,
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": headers,
        "properties": {**properties, "delivery_tag": taken.tag, "delivery_info": info},
    }
