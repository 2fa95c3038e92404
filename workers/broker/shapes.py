"""The members of a Celery message, as far as a worker relies on them.

Other members are left as they came. Members of protocol 1 have the same names in the body that
they have in the headers of protocol 2.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from inspect import Parameter, signature
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from celery import Celery, Task
from celery.utils.time import maybe_make_aware
from kombu import Producer, compression, serialization
from kombu.exceptions import SerializerNotInstalled
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from tasks.engine.declaration import field_paths
from tasks.engine.journal.entry import ADOPTED_PARTS
from tasks.engine.messages import publisher

MOST_SECONDS = 10 * 366 * 86_400.0  # of a delay
LONGEST_ID = 4_096  # characters with which an answer can be stored under it; fewer are allowed

_HEX = re.compile("[0-9a-fA-F]{32}")
_EMPTY: Mapping[str, Any] = {"args": [], "kwargs": {}, "options": {}}
_NO_MOMENT = "must be a moment in ISO 8601"
CANVASES = frozenset(
    f"celery.{name}" for name in ("chain", "group", "chord", "chunks", "map", "starmap")
)
"""Celery's own tasks that the classes of canvases name."""
_ARGUMENTS = frozenset({"app", "body", "header", "task", "tasks"})  # of the classes of canvases
_NESTED = {"chain": ("tasks",), "group": ("tasks",), "chord": ("header", "body")}


def _as_text(value: object) -> object:
    """Read a UUID too, as kombu writes one."""
    match value:
        case UUID():
            return str(value)
        case {"__type__": "uuid", "__value__": {"hex": str(digits)}} if _HEX.fullmatch(digits):
            return str(UUID(digits))
    return value


def _read_moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_NO_MOMENT) from None


def _as_moment(value: object) -> object:
    """Read a moment as Celery does; without a zone it is meant in UTC."""
    if isinstance(value, dict) and value.get("__type__") == "datetime":
        value = value.get("__value__")
    if isinstance(value, str):
        value = _read_moment(value)
    if not isinstance(value, datetime):
        raise ValueError(_NO_MOMENT)  # noqa: TRY004 - pydantic's own way
    try:
        return maybe_make_aware(value).astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a moment within the years 1 to 9999") from None


Text = Annotated[str, BeforeValidator(_as_text)]
Id = Annotated[Text, Field(max_length=LONGEST_ID)]
Moment = Annotated[
    datetime, BeforeValidator(_as_moment), PlainSerializer(datetime.isoformat, return_type=str)
]
Path = Annotated[str, Field(max_length=20_000)]
_Adopted = Annotated[str, Field(pattern=f"^(({'|'.join(ADOPTED_PARTS)}):.*|known|accepted)$")]

_Number = Annotated[str, Field(pattern="^[0-9]{1,15}$")]


class _Members(BaseModel):
    """Members with types that Celery takes for granted; strict, for it converts nothing."""

    model_config = ConfigDict(extra="allow", strict=True, hide_input_in_errors=True)


class Properties(_Members):
    """What the transport reads."""

    correlation_id: Text | None = None
    reply_to: Text | None = None
    priority: Annotated[int, Field(ge=0, le=255)] | None = None


def _json(content_type: object) -> object:
    if content_type not in (None, "application/json"):
        raise ValueError("must be application/json: send JSON, in Python task_serializer='json'")
    return content_type


def _utf_8(encoding: object) -> object:
    if encoding not in (None, "utf-8", "utf8", "UTF-8", "us-ascii", "ascii", "binary"):
        raise ValueError("must be utf-8: send JSON, in Python task_serializer='json'")
    return encoding


class Content(_Members):
    """How the body is written."""

    content_type: Annotated[object, BeforeValidator(_json)] = Field(None, alias="content-type")
    content_encoding: Annotated[object, BeforeValidator(_utf_8)] = Field(
        None, alias="content-encoding"
    )


class Headers(_Members):
    """What Celery reads of a task before its body."""

    task: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    id: Annotated[Id, Field(min_length=1)] | None = None
    root_id: Id | None = None
    parent_id: Id | None = None
    group: Id | None = None
    group_index: int | None = None
    shadow: str | None = None
    lang: str | None = None
    origin: str | None = None
    argsrepr: str | None = None
    kwargsrepr: str | None = None
    retries: Annotated[int, Field(ge=0)] | None = None
    eta: Moment | None = None
    expires: Moment | None = None
    timelimit: Annotated[list[float | None], Field(min_length=2, max_length=2)] | None = None
    ignore_result: bool | None = None
    replaced_task_nesting: int | None = None
    stamped_headers: list[str] | None = None
    stamps: dict[str, Any] | None = None
    xenflow_path: Path | None = None
    xenflow_undoes: Literal["1", ""] | None = None
    xenflow_adopts: Json[dict[_Adopted, str]] | None = None
    xenflow_repeats: _Number | None = None
    xenflow_sending: _Number | None = None


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_serializer(name: str) -> str:
    """Refuse a serializer of which there is none: kombu looks for it when the step is sent."""
    try:
        serialization.dumps("", name)
    except SerializerNotInstalled:
        raise ValueError("is not an installed serializer") from None
    return name


def _as_compression(name: str) -> str:
    """Refuse a compression of which there is none: kombu would take it for a lost connection."""
    try:
        compression.get_encoder(name)
    except KeyError:
        raise ValueError("is not an installed compression") from None
    return name


Seconds = Annotated[float, Field(ge=-MOST_SECONDS, le=MOST_SECONDS)]
Delay = Annotated[float, Field(ge=0, le=MOST_SECONDS)]


class RetryPolicy(_Members):
    """How often a message is published when the broker is away."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    max_retries: Annotated[int, Field(ge=0)] | None = None
    interval_start: Delay = 0.0
    interval_step: Delay = 0.0
    interval_max: Delay = 0.0
    retry_errors: None = None


class Options(_Members):
    """How a signature is to be sent."""

    task_id: Annotated[Id, Field(min_length=1)] | None = None
    root_id: Id | None = None
    parent_id: Id | None = None
    group_id: Id | None = None
    group_index: int | None = None
    queue: str | None = None
    exchange: str | None = None
    routing_key: str | None = None
    exchange_type: str | None = None
    serializer: Annotated[str, AfterValidator(_as_serializer)] | None = None
    compression: Annotated[str, AfterValidator(_as_compression)] | None = None
    reply_to: str | None = None
    priority: int | None = None
    delivery_mode: Literal[1, 2, "transient", "persistent"] | None = None
    mandatory: bool | None = None
    immediate: bool | None = None
    expiration: Delay | None = None
    timeout: Delay | None = None
    confirm_timeout: Delay | None = None
    countdown: Seconds | None = None
    eta: Moment | None = None
    expires: Seconds | Moment | None = None
    retries: Annotated[int, Field(ge=0)] | None = None
    replaced_task_nesting: int | None = None
    add_to_parent: bool | None = None
    delivery_info: dict[str, Any] | None = None
    argsrepr: str | None = None
    kwargsrepr: str | None = None
    headers: dict[str, Any] | None = None
    stamped_headers: list[str] | None = None
    retry: bool | None = None
    retry_policy: RetryPolicy | None = None
    time_limit: float | None = None
    soft_time_limit: float | None = None
    shadow: str | None = None
    ignore_result: bool | None = None
    connection: None = None  # Celery takes these five as objects of its own
    producer: None = None
    publisher: None = None
    router: None = None
    result_cls: None = None
    link: "Steps | None" = None
    link_error: "Steps | None" = None
    chain: "list[Step] | None" = None
    chord: "Step | None" = None

    @model_validator(mode="before")
    @classmethod
    def _none_of_celerys_own(cls, options: Any) -> Any:
        """Leave out what is null, and refuse what Celery's functions take for another thing."""
        if not isinstance(options, dict):
            return options
        wrong = sorted(_CELERYS_OWN & options.keys())
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: not an option of a step")
        return {name: value for name, value in options.items() if value is not None}

    @model_validator(mode="after")
    def _stamps_are_there(self) -> Self:
        """Refuse the name of a stamp without the stamp, which is an option of its own."""
        missing = {*(self.stamped_headers or ())} - self.model_fields_set
        if missing:
            raise ValueError(f"stamped_headers: there is no stamp {min(missing)}")
        return self


_CELERYS_OWN = frozenset(
    name
    for function in (Task.apply_async, Celery.send_task, Producer.publish)
    for name, one in signature(function).parameters.items()
    if one.kind is not Parameter.VAR_KEYWORD
) - Options.model_fields.keys() | {"event_dispatcher", "message"}


class Step(_Members):
    """A signature: a task to send, or a canvas of such."""

    task: Annotated[str, Field(min_length=1)]
    args: list[Any]
    kwargs: dict[str, Any]
    options: Options
    subtask_type: Literal["", "chain", "group", "chord"] | None = None
    immutable: bool | None = None
    chord_size: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_empty(cls, step: Any) -> Any:
        """Set defaults that Celery needs for what is left out or null."""
        if not isinstance(step, dict):
            return step
        return step | {name: empty for name, empty in _EMPTY.items() if step.get(name) is None}

    @model_validator(mode="after")
    def _nested_are_signatures(self) -> Self:
        """Check what a canvas is made of."""
        for name in _NESTED.get(self.subtask_type or "", ()):
            nested = self.kwargs.get(name)
            if nested is None:
                raise ValueError(f"a {self.subtask_type} has no {name}")
            where = f"kwargs.{name}"
            many = isinstance(nested, list)
            if name == "tasks" and not many:
                raise ValueError(f"{where}: must be a list")
            self.kwargs[name] = (
                [_step(f"{where}.{place}", step) for place, step in enumerate(nested)]
                if many
                else _step(where, nested)
            )
        return self

    @model_validator(mode="after")
    def _is_what_celery_builds(self) -> Self:
        """Refuse what Celery's own tasks and canvases fail on when they are sent."""
        kind = self.subtask_type or ""
        if self.task in CANVASES and self.task != f"celery.{kind}":
            raise ValueError(f"task: {self.task} cannot be sent as a step")
        if kind == "chord" and not isinstance(self.kwargs.get("kwargs") or {}, dict):
            raise ValueError("kwargs.kwargs: must be an object")
        wrong = sorted(_ARGUMENTS & self.options.model_fields_set) if kind else []
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: not an option of a {kind}")
        return self


def _step(where: str, written: object) -> dict[str, Any]:
    """Return a signature within another; raise ValueError, which says where it is wrong."""
    try:
        return Step.model_validate(written).model_dump(exclude_unset=True, round_trip=True)
    except ValidationError as error:
        found = field_paths.problems(Step, error.errors(include_url=False, include_input=False))
    raise ValueError("; ".join(f"{where}.{problem}" for problem in found))


Steps = Annotated[list[Step], BeforeValidator(_listed)]


class Embed(_Members):
    """What is to be sent when the task has ended."""

    callbacks: Steps | None = None
    errbacks: Steps | None = None
    chain: list[Step] | None = None
    chord: Step | None = None


class Landing(_Members):
    """What the end of a canvas lands on."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    operation: Id
    label: Id


class Poll(_Members):
    """What a poller is to follow."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    place: Id
    connection: dict[str, Any]


class Nothing(_Members):
    """No field."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


INTERNAL: Mapping[str, tuple[int, type[BaseModel]]] = {
    publisher.STEP_SUCCEEDED: (1, Landing),
    publisher.STEP_FAILED: (1, Landing),
    publisher.POLL: (0, Poll),
    publisher.RECONCILE: (0, Nothing),
    "celery.backend_cleanup": (0, Nothing),
}
"""What workers send to each other: how many arguments, and which fields."""

ACCUMULATE = "celery.accumulate"
"""Celery's task that hands on what it is given, or the one of an index."""

Options.model_rebuild()
