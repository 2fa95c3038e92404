"""Messages: what may be sent to an operation, read off the signature of its body.

A message is keyword arguments only. Field names are snake_case; the camelCase of the HP integration
is accepted too. Unknown fields are refused. `feed` takes fields from the answer of the step before.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    create_model,
)
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, to_jsonable_python

from config import masking, sealing, validation_messages
from tasks.engine.declaration import feeding, field_paths, problems
from tasks.engine.declaration.field_types import Label, Seconds
from tasks.engine.declaration.plain_values import NotPlain, plain
from tasks.engine.declaration.strictness import Strict
from xenserver import errors

PLAIN_SECRET = "XENFLOW_PASSWORD_NOT_SEALED"  # noqa: S105 - the code of an error, no secret
LONGEST_ID = 255
LONGEST_TIMEOUT = 366 * 86_400  # seconds

_MISSING = ": is missing"
_NO_PARTS = "it has an empty list as its argument, as of a chord without parts: send it on its own"


class Message(Strict):
    """The inputs that every operation and flow takes."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        populate_by_name=True,
        alias_generator=AliasGenerator(
            validation_alias=lambda name: AliasChoices(name, to_camel(name))
        ),
    )

    target: Label = Field("default", description="a configured connection profile")
    hostname: Label | None = Field(None, description="a XenServer host, in place of a target")
    username: Label | None = Field(None, description="with hostname: the user name")
    password: str | None = Field(
        None,
        description="with hostname: the password, sealed",
        json_schema_extra={"pattern": sealing.PATTERN},
    )
    protocol: Literal["http", "https"] = Field(
        "https", description="with hostname; http only where the worker allows it"
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        None, description="with hostname; 443, or 80 for http"
    )
    timeout: Annotated[Seconds, Field(le=LONGEST_TIMEOUT)] | None = Field(
        None, description="deadline, including waiting (90s, 10m)"
    )
    feed: dict[str, str] | None = Field(
        None, description="field -> key of the previous answer to take it from"
    )

    repeat_failed: bool = Field(
        default=False, description="if this id has failed before and left nothing, run it again"
    )

    def connection(self) -> dict[str, JsonValue]:
        """Return the fields that say how to reach XenServer, as flows hand them to their steps."""
        if self.hostname is None:
            return {"target": self.target}
        names = ("hostname", "username", "password", "protocol", "port")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def handed(self) -> dict[str, JsonValue]:
        """Return what the steps of a flow take over from it, unless they say otherwise."""
        keeps = getattr(self, "on_failure", "rollback") == "keep"
        return {
            **self.connection(),
            **({"timeout": self.timeout} if self.timeout is not None else {}),
            **({"on_failure": "keep"} if keeps else {}),
        }

    def continuation(self) -> dict[str, JsonValue]:
        """Return the message of what goes on once its caller is answered: it is fed already."""
        return self.model_copy(update={"run_async": False, "feed": None}).document()

    def document(self) -> dict[str, JsonValue]:
        """Return the message as keyword arguments for the wire: only what was said."""
        return self.model_dump(mode="json", exclude_unset=True, by_alias=True)


class ChangingMessage(Message):
    """What an operation takes that changes something."""

    run_async: bool = Field(
        default=False,
        validation_alias=AliasChoices("async", "run_async", "runAsync"),
        serialization_alias="async",
        description="answer once XenServer has begun, with its task; the rest goes on unanswered",
    )
    cancel_on_timeout: bool = Field(
        default=True, description="at the deadline, ask XenServer to cancel running calls"
    )
    on_failure: Literal["rollback", "keep"] = Field(
        "rollback", description="what happens to created objects when it fails"
    )


_CHANGING = ChangingMessage.model_fields.keys() - Message.model_fields.keys()
CONNECTION = frozenset({"target", "hostname", "username", "password", "protocol", "port"})
COMMON = frozenset(ChangingMessage.model_fields)


def model_of(body: Callable[..., object], name: str, base: type[Message]) -> type[Message]:
    """Make the message model of a body from its keyword-only parameters."""
    hints = inspect.get_annotations(body, eval_str=True)
    fields: dict[str, Any] = {}  # as pydantic takes them: types and defaults
    for parameter in inspect.signature(body).parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        fields[parameter.name] = (hints[parameter.name], _default(parameter))
    return create_model(name, __base__=base, __doc__=inspect.getdoc(body), **fields)


def _default(parameter: inspect.Parameter) -> object:
    return ... if parameter.default is inspect.Parameter.empty else parameter.default


def own_fields(model: type[Message]) -> dict[str, FieldInfo]:
    """Return the fields of a message that are its own, not every message's."""
    return {name: field for name, field in model.model_fields.items() if name not in COMMON}


def check(model: type[Message], fields: Mapping[str, object], previous: object = None) -> Message:
    """Read a message, fed from the previous answer; raise Refused in words when it is wrong."""
    feed = fields.get("feed")
    source = feed if isinstance(feed, dict) else {}
    feeding.check(fields)
    fed = {str(name): feeding.take(str(name), str(key), previous) for name, key in source.items()}
    message, found = _read(model, _plain({**fields, **fed}))
    if message is None:
        complete = feeding.with_sources(found, source, fed)
        raise problems.wrong([*complete, *_hint(complete, previous)])
    password = message.password
    if password is not None and not sealing.is_sealed(password):
        raise errors.Refused(
            PLAIN_SECRET,
            ["password"],
            "password: a plain password was sent; it is refused and not repeated here. "
            f"Seal it first, or name a target ({PLAIN_SECRET})",
        )
    return message


def check_id(operation: str) -> None:
    """Raise Refused for an id that does not fit where ids are used: in headers, names and lines."""
    if not operation.isprintable() or len(operation) > LONGEST_ID:
        raise problems.wrong([f"id: an id is at most {LONGEST_ID} characters that can be printed"])


def check_unfed(model: type[Message], fields: Mapping[str, object]) -> dict[str, JsonValue]:
    """Check a message before it is sent, without what will be fed; return it as it is sent."""
    feed = fields.get("feed")
    fed = feed if isinstance(feed, Mapping) else {}
    feeding.check(fields)
    message, found = _read(model, fields)
    if message is not None:
        return message.document()
    if any(problem.split(":", 1)[0] not in fed for problem in found):
        raise problems.wrong(found)
    return dict(to_jsonable_python(fields, exclude_none=True))


def _hint(found: Sequence[str], previous: object) -> list[str]:
    """Return a hint where a positional argument stands for a missing field."""
    missing = [problem for problem in found if problem.endswith(_MISSING)]
    if not missing or not isinstance(previous, str | int | float):
        return []
    return [_by_name(missing[0].removesuffix(_MISSING))]


def check_positional(
    model: type[Message], fields: Mapping[str, object], args: Sequence[object], *, follows: bool
) -> None:
    """Raise Refused for positional arguments that would be ignored.

    One is read where `feed` says what of it. Where the message follows another (`follows`), Celery
    inserts the answer before, wanted or not; text or a number instead of any field is meant as one.
    """
    if len(args) > 1:
        raise problems.wrong([_by_name(_first_field(model))])
    if not args or args[0] is None or fields.get("feed"):
        return
    is_answer = follows and (fields or not isinstance(args[0], str | int | float))
    if not is_answer:
        hint = [] if args[0] != [] else [_NO_PARTS]
        raise problems.wrong([*hint, _by_name(_first_field(model))])


def _first_field(model: type[Message]) -> str:
    return next(iter([*own_fields(model), *model.model_fields]))


def _by_name(field: str) -> str:
    text = f'kwargs={{"{field}": ...}}, or feed={{"{field}": "*"}}'
    return f"a positional argument is not read: send {text}"


def masked(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a message without its secrets, under whatever name somebody sent one."""
    return {
        name: masking.STARS if masking.is_secret(name) else value for name, value in fields.items()
    }


def feeds_a_secret(fields: Mapping[str, object]) -> bool:
    """Return whether a secret is to be taken from the previous answer."""
    feed = fields.get("feed")
    return isinstance(feed, dict) and any(masking.is_secret(str(name)) for name in feed)


def _plain(fields: Mapping[str, object]) -> dict[str, object]:
    wrong = []
    given = {}
    for name, value in fields.items():
        try:
            given[name] = plain(value)
        except NotPlain as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise problems.wrong(wrong)
    return given


def _read(model: type[Message], fields: Mapping[str, object]) -> tuple[Message | None, list[str]]:
    """Return a message, or what is wrong with it; its error is raised outside of the handler."""
    try:
        message = model.model_validate(fields)
    except ValidationError as error:
        return None, _problems(model, error)
    if message.hostname is not None and "target" in message.model_fields_set:
        return None, ["target: is given, and hostname, which stands for it, too; leave one out"]
    return message, []


def _problems(model: type[Message], error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_input=False)[: problems.MOST]
    inner = {one["loc"][:-1] for one in found}  # a list of wrong items counts as empty too
    real = [one for one in found if one["type"] != "too_short" or one["loc"] not in inner]
    listed: set[type[BaseModel]] = set()

    def describe(owner: type[BaseModel], one: ErrorDetails) -> str:
        """List the fields of a structure once, however many it does not have."""
        if one["type"] != "extra_forbidden":
            return validation_messages.problem(one)
        is_first = owner not in listed
        listed.add(owner)
        return _unknown(model, owner, str(one["loc"][-1]), lists=is_first)

    return field_paths.problems(model, real, describe)


def _unknown(model: type[Message], owner: type[BaseModel], name: str, *, lists: bool) -> str:
    """Return what is wrong with a field that a message, or a structure in it, does not have."""
    field = feeding.snake_case(name)
    if field in owner.model_fields and name == to_camel(field):
        return f"is {field}, and that is given too; give it once"
    if owner is model and (field in _CHANGING or name == "async"):
        return "only operations that change something take it; this one does not"
    if not lists:
        return "there is no such field"
    if owner is not model:
        return f"there is no such field; it takes {', '.join(owner.model_fields)}"
    known = ", ".join(own_fields(model))
    hint = problems.meant(field, model.model_fields)
    return f"there is no such field{hint}; this operation takes {known}, and what all take"
