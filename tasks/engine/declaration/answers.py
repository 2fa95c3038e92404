"""What operations and flows answer: an object with `return_result`; UUIDs, never references."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue

LARGEST = 4 * 1024**2
"""Bytes of records in one answer, as JSON: it is stored in Redis, and sent to the caller."""


class Answer(BaseModel):
    """The answer of an operation: what was done, as text, or the UUID of the created object."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_result: str = Field(
        description="what was done, as text, or the UUID of the created object"
    )

    def document(self) -> dict[str, JsonValue]:
        """Return the answer as it goes into the result backend."""
        return self.model_dump(mode="json", exclude_none=True)


NameLabel = Annotated[str, Field(description="its name label")]
OptionalNameLabel = Annotated[str | None, Field(description="its name label")]
PowerState = Annotated[str, Field(description="its power state afterwards, such as Running")]
OptionalPowerState = Annotated[
    str | None, Field(description="its power state afterwards, such as Running")
]
HowMany = Annotated[int, Field(description="how many there are")]


class Done(Answer):
    """An object was made or changed."""

    uuid: str | None = Field(None, description="the created object or changed")
    name_label: OptionalNameLabel = None
    power_state: OptionalPowerState = None
    addresses: dict[str, str] | None = Field(
        None, description='what the guest reports, with `wait_for="ip"`: {"0/ip": "192.0.2.7"}'
    )


class Created(Answer):
    """An object was created; `return_result` is its UUID."""

    uuid: str = Field(description="the created object")
    name_label: OptionalNameLabel = None
    vm: str | None = Field(None, description="of a device: the VM it belongs to, by UUID")
    device: str | None = Field(None, description="of a device: the number it was given")
    vdi: str | None = Field(None, description="of a drive: the disk or medium in it, by UUID")
    was_there: bool | None = Field(None, description="with `ensure`: it existed already")
    mode: str | None = Field(None, description="of a drive that existed already: RW or RO")


class Found(Answer):
    """Records of a class, references given as UUIDs."""

    records: list[dict[str, JsonValue]] = Field(description="fields of each object, by name")
    count: HowMany
    after: str | None = Field(
        None, description="where the next page begins, when `limit` or the bound was reached"
    )


class Returned(Answer):
    """A value that XenServer gave; `return_result` is the same as text."""

    value: JsonValue = Field(None, description="the value, references in it given as UUIDs")


class XenTask(BaseModel):
    """A task of XenServer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    uuid: str
    name_label: str
    name_description: str = ""
    status: str
    progress: float
    created: str
    finished: str
    result: str = ""
    error_info: list[str] = []
    allowed_operations: list[str] = []


class Followed(Answer):
    """A task of XenServer has succeeded; references in its result are given as UUIDs."""

    uuid: str | None = Field(None, description="the created object")
    task: XenTask = Field(description="the task as it ended")


class Accepted(Answer):
    """XenServer has accepted the call and works on it (`async`); for a flow, its run continues.

    Then `task` describes that run, and its uuid is the Celery task that gives the flow's answer.
    """

    task: XenTask = Field(description="what was accepted, and how far it is")


class Named(Protocol):
    """An object that was looked up."""

    @property
    def uuid(self) -> str:
        """Its UUID."""
        ...

    @property
    def name(self) -> str:
        """Its name label; empty where XenServer was not asked for it."""
        ...


def done(text: str, subject: Named | None = None, *, power_state: str | None = None) -> Done:
    """Return what was done, and to which object."""
    if subject is None:
        return Done(return_result=text, power_state=power_state)
    return Done(
        return_result=text,
        uuid=subject.uuid,
        name_label=subject.name or None,
        power_state=power_state,
    )


def created(
    uuid: str, *, name: str | None = None, vm: str | None = None, device: str | None = None
) -> Created:
    """Return the UUID of what was made."""
    return Created(return_result=uuid, uuid=uuid, name_label=name, vm=vm, device=device)


def found(records: list[dict[str, JsonValue]], noun: str, limit: int | None = None) -> Found:
    """Return the records, and say how many there are: "12 VMs".

    An answer is at most `LARGEST` bytes of records; of more, it is the first page.
    """
    kept = list(_first(records))
    count = len(kept)
    text = f"{count} {noun}" if count == 1 else f"{count} {noun}s"
    if count == len(records):
        after = str(kept[-1]["uuid"]) if kept and count == limit else None
        return Found(return_result=text, records=kept, count=count, after=after)
    after = str(kept[-1]["uuid"])
    text = f"the first {count} of {len(records)} {noun}s, as many as an answer holds; "
    text += f"go on with after={after}, or ask for fewer fields"
    return Found(return_result=text, records=kept, count=count, after=after)


def _first(records: list[dict[str, JsonValue]]) -> Iterator[dict[str, JsonValue]]:
    """Return as many records as an answer holds, one at least."""
    size = 0
    for number, record in enumerate(records):
        size += len(json.dumps(record))
        if number and size > LARGEST:
            return
        yield record


def returned(value: JsonValue) -> Returned:
    """Return a value that XenServer gave, unless it is larger than an answer can be."""
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) <= LARGEST:
        return Returned(return_result=text, value=value)
    return Returned(return_result=f"XenServer's answer is too large: {len(text)} characters")


def followed(text: str, record: Mapping[str, object], end: Mapping[str, object]) -> Followed:
    """Return a task that was followed: as it was read at first, and as it ended."""
    result = end["result"] if isinstance(end["result"], str) else json.dumps(end["result"])
    ended = {"progress": 1.0, "allowed_operations": [], **end, "result": result}
    return Followed(return_result=text, task=XenTask.model_validate({**record, **ended}))
