"""The members of one message: which are sound, and what is wrong with the others."""

import json
from collections.abc import Iterable
from typing import Any

from celery.app.task import Context
from kombu.utils import json as kombu_json
from pydantic import BaseModel, ValidationError

from config import masking
from tasks.engine.celery_tasks import OWN
from tasks.engine.declaration import field_paths
from workers.broker import bodies, envelope, salvage
from workers.broker.envelope import Json, Unreadable
from workers.broker.shapes import Content, Embed, Headers, Properties

Document = dict[str, Any]

MOST_PROBLEMS = 5
LONGEST_SHOWN = 1_000  # characters of the fields that logs and Flower show

_EMBEDDED = frozenset(Embed.model_fields)
_NO_HEADERS = _EMBEDDED | {"args", "kwargs", "utc", "taskset"}  # in a body of protocol 1
_TAKEN = frozenset(dir(Context)) - Headers.model_fields.keys() | {"compression", *OWN}
"""What no header may be: Celery's own and a worker's own; and what a body is no longer."""


class Members:
    """Read the members of a message; `problems` lists what is wrong with it."""

    def __init__(self, message: Json, longest: int) -> None:
        self.problems: list[str] = []
        written = self._object("message", message)
        self._sound(Content, "", written)
        self.properties = self._sound(Properties, "properties.", written.get("properties"))
        head = self._object("headers", written.get("headers"))
        self._text = ""
        task = self._read_body(written, head, longest)
        if isinstance(task, dict):
            self._check_protocol_1(task, head)
            task, head = _from_protocol_1(task, head)
            self._text = ""
        self._task = self._read_task(task)
        own = {name: value for name, value in head.items() if name not in _TAKEN}
        self.headers = {**self._sound(Headers, "headers.", own), **self._shown()}

    def note(self, problem: str) -> None:
        """Note what is wrong."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(masking.mask(problem, longest=500))

    @property
    def args(self) -> list[Json]:
        """The positional arguments: the answer of the step before, if any."""
        return self._task[0]

    @property
    def kwargs(self) -> Document:
        """The fields."""
        return self._task[1]

    @property
    def embed(self) -> Document:
        """What is to be sent when the task has ended."""
        return self._task[2]

    @property
    def body(self) -> str:
        """The body by protocol 2: as it came, if it came so."""
        return self._text or kombu_json.dumps(self._task)

    def _read_body(self, written: Document, head: Document, longest: int) -> Json:
        coded = self.properties.get("body_encoding"), head.get("compression")
        is_json = not any(problem.startswith("content-") for problem in self.problems)
        try:
            self._text = bodies.text_of(written, *coded, longest)
            return envelope.read(self._text, longest, typed=True)
        except Unreadable as problem:
            if is_json:
                self.note(f"body: {bodies.problem(written, coded[0], str(problem))}")
        try:
            return self._salvaged(written, head, coded, longest)
        except Unreadable:
            return [[], {}, {}]

    @staticmethod
    def _salvaged(
        written: Document, head: Document, coded: tuple[Json, Json], longest: int
    ) -> Json:
        """Read what an answer needs of a body that cannot be read as a whole."""
        end = bodies.end_of_body(written, *coded, longest)
        if not head.get("id"):
            found = salvage.protocol_1(bodies.beginning_of_body(written, *coded), end)
            if found:
                return envelope.read(json.dumps(found), longest, typed=True)
        return [[], {}, envelope.read(salvage.embedded(end), longest, typed=True)]

    def _check_protocol_1(self, task: Document, head: Document) -> None:
        """Note a body of which fields would be passed over, as if none had been sent."""
        unknown = sorted(task.keys() - _NO_HEADERS - Headers.model_fields.keys())
        if not task.keys() & {"args", "kwargs"} or (unknown and "task" in head):
            self.note("body: is not [args, kwargs, embed]")

    def _read_task(self, task: Json) -> tuple[list[Json], Document, Document]:
        """Read [args, kwargs, embed]; have the body written anew where Celery would stumble."""
        match task:
            case [list(args), dict(kwargs), dict(embed)]:
                pass
            case [list() | None, dict() | None, dict() | None]:
                args, kwargs, embed = task[0] or [], task[1] or {}, task[2] or {}
                self._text = ""
            case _:
                self.note("body: is not [args, kwargs, embed]")
                return [], {}, {}
        sound = self._sound(Embed, "embed.", embed)
        kept = {name: _steps(name, sound[name]) for name in _EMBEDDED & sound.keys()}
        if kept != embed:
            self._text = ""
        return args, kwargs, kept

    def _shown(self) -> Document:
        """Return the fields as people get to see them, where they hold a secret."""
        args, kwargs, _ = self._task
        shown = {}
        if any(map(masking.is_secret, _names(kwargs))):
            hidden = {n: masking.STARS if masking.is_secret(n) else v for n, v in kwargs.items()}
            shown["kwargsrepr"] = masking.mask(repr(hidden), longest=LONGEST_SHOWN)
        if args and any(map(masking.is_secret, _names(kwargs.get("feed")))):
            shown["argsrepr"] = f"[{masking.STARS}]"
        return shown

    def check(self, shape: type[BaseModel]) -> None:
        """Note what is wrong with the fields, which are to have this shape."""
        try:
            shape.model_validate(self.kwargs)
        except ValidationError as error:
            self._note_all(shape, "kwargs.", error)

    def _object(self, name: str, value: Json) -> Document:
        if isinstance(value, dict):
            return value
        if value is not None:
            self.note(f"{name}: is not an object")
        return {}

    def _sound(self, shape: type[BaseModel], where: str, value: Json) -> Document:
        """Return the members that have the types they should; note what is wrong with others."""
        members = self._object(where.rstrip("."), value)
        try:
            return _dumped(shape.model_validate(members))
        except ValidationError as error:
            bad = self._note_all(shape, where, error)
        return _dumped(shape.model_validate({n: v for n, v in members.items() if n not in bad}))

    def _note_all(self, shape: type[BaseModel], where: str, error: ValidationError) -> set[str]:
        """Note what is wrong with members; return their names."""
        wrong = error.errors(include_url=False, include_input=False)
        for text in field_paths.problems(shape, wrong):
            self.note(f"{where}{text}")
        return {str(one["loc"][0]) for one in wrong if one["loc"]}


def _from_protocol_1(task: Document, head: Document) -> tuple[list[Json], Document]:
    """Return [args, kwargs, embed] and the headers of a message of protocol 1, or half so."""
    embed = {name: task[name] for name in _EMBEDDED & task.keys()}
    reply = {name: value for name, value in task.items() if name not in _NO_HEADERS}
    if "taskset" in task:
        reply["group"] = task["taskset"]
    return [task.get("args"), task.get("kwargs"), embed], {**reply, **head}


def _dumped(model: BaseModel) -> Document:
    return model.model_dump(by_alias=True, exclude_unset=True, round_trip=True)


def _steps(name: str, value: Json) -> Json:
    return [value] if name in {"callbacks", "errbacks"} and isinstance(value, dict) else value


def _names(fields: Json) -> Iterable[str]:
    return map(str, fields) if isinstance(fields, dict) else ()
