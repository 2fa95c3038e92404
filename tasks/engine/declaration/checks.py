"""What a declaration must be; where one is not, an error names file, line and what is wrong."""

import inspect
from collections.abc import Callable, Generator, Iterator
from typing import Any, cast, get_args, get_origin

from pydantic.alias_generators import to_camel

from config import queues
from tasks.engine.declaration import message
from tasks.engine.declaration.answers import Answer

Body = Callable[..., Any]  # what it takes and answers, its signature says; it is checked here

QUEUES = (queues.CHANGE, queues.FIND)
_TAKEN = message.COMMON | {to_camel(name) for name in message.COMMON} | {"async"}


class DeclarationError(Exception):
    """An operation or flow is declared wrongly; the text is one line that begins with where."""

    def __init__(self, where: str, problem: str) -> None:
        self.where = where
        super().__init__(f"{where}: {problem}")


def where(body: Body) -> str:
    """Return file and line of a declaration."""
    code = inspect.unwrap(body).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def check_operation(body: Body, queue: str) -> type[Answer]:
    """Return an operation's answer; raise DeclarationError where its body or queue is wrong."""
    _refuse(body, _problems_of_operation(body, queue))
    return cast("type[Answer]", _answer_of(body))  # anything else was refused


def check_flow(body: Body, answer: object) -> None:
    """Raise DeclarationError where the body of a flow, or its answer, is wrong."""
    _refuse(body, _problems_of_flow(body, answer))


def _refuse(body: Body, problems: Iterator[str]) -> None:
    problem = next(problems, None)
    if problem:
        raise DeclarationError(where(body), f"{body.__name__} {problem}")


def _problems_of_operation(body: Body, queue: str) -> Iterator[str]:
    parameters = list(inspect.signature(body).parameters.values())
    if not parameters or parameters[0].kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
        yield "must take `xen: Xen` first, then `*`, then the fields of its message"
    if queue not in QUEUES:
        yield f"names the queue {queue!r}; there are {' and '.join(map(repr, QUEUES))}"
    yield from _problems(body, parameters[1:])
    yield from _problems_of_answer(body)


def _problems_of_flow(body: Body, answer: object) -> Iterator[str]:
    yield from _problems(body, list(inspect.signature(body).parameters.values()))
    if not _is_answer(answer):
        yield f"answers {answer!r}, which is not an Answer"


def _problems(body: Body, fields: list[inspect.Parameter]) -> Iterator[str]:
    if not inspect.getdoc(body):
        yield "has no docstring; its first line becomes the help of the command"
    if inspect.iscoroutinefunction(body) or inspect.isasyncgenfunction(body):
        yield "is async; a body is a plain function, and waits by `yield`"
    for field in fields:
        yield from _problems_of_field(field)
    try:
        inspect.get_annotations(body, eval_str=True)
    except Exception as error:  # noqa: BLE001 - an annotation is an expression, and raises what it likes
        yield f"has a type that cannot be read: {error}"


def _problems_of_field(field: inspect.Parameter) -> Iterator[str]:
    if field.kind is not inspect.Parameter.KEYWORD_ONLY:
        yield f"takes {field.name!r} by position; put `*` before the fields of its message"
    if field.annotation is inspect.Parameter.empty:
        yield f"gives its parameter {field.name!r} no type"
    if field.name in _TAKEN:
        yield f"calls a parameter {field.name!r}, which every message has already"


def _problems_of_answer(body: Body) -> Iterator[str]:
    returned = inspect.get_annotations(body, eval_str=True).get("return")
    is_long = inspect.isgeneratorfunction(body)
    if is_long and get_origin(returned) is not Generator:
        yield f"yields, so it returns Steps[...] of an Answer, not {_word(returned)}"
    if not is_long and get_origin(returned) is Generator:
        yield "returns Steps[...], but has no `yield`"
    if not _is_answer(_answer_of(body)):
        yield f"must say which Answer it gives, not {_word(returned)}"


def _answer_of(body: Body) -> object:
    returned = inspect.get_annotations(body, eval_str=True).get("return")
    return get_args(returned)[-1] if get_origin(returned) is Generator else returned


def _is_answer(returned: object) -> bool:
    return isinstance(returned, type) and issubclass(returned, Answer)


def _word(returned: object) -> str:
    return "nothing" if returned is None else getattr(returned, "__name__", None) or repr(returned)
