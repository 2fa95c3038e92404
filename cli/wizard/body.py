"""What an operation does with its fields, and what it answers: references leave it as UUIDs."""

import keyword
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cli.wizard import formatting, method_signature
from cli.wizard.fields import FINDERS, Field, Import
from simulator.datamodel import Message, Model, Type

ANSWERS = "tasks.engine.declaration.answers"
OPERATION = "tasks.engine.declaration.operation"
VALUES = "xenserver.values"

_VOID = "void"


@dataclass(frozen=True)
class Body:
    """The lines of a body, the answer they give, and what they need imported."""

    lines: tuple[str, ...]
    answer: str
    imports: frozenset[Import]


@dataclass(frozen=True)
class _Ending:
    """The last line of a body, the class of its answer, and the name that makes it."""

    line: str
    answer: str
    maker: str
    needs: frozenset[Import] = frozenset()


def of(message: Message, fields: Sequence[Field], model: Model) -> Body:
    """Write the body of an operation."""
    is_long = method_signature.is_long(message)
    ending = _ending(message, fields, model)
    receiver = "xen.Async" if is_long else "xen"
    head = f"{_kept(message, is_long=is_long)}{_spelling(receiver, message)}("
    lines = [
        *_found(message, fields),
        *formatting.call(head, _handed(message, fields)),
        ending.line,
    ]
    imports = {(ANSWERS, ending.answer), (ANSWERS, ending.maker), *ending.needs}
    if is_long:
        imports.add((OPERATION, "Steps"))
    answer = f"Steps[{ending.answer}]" if is_long else ending.answer
    return Body(tuple(lines), answer, frozenset(imports))


def _subject(message: Message, fields: Sequence[Field]) -> Field | None:
    """Return the field of the object that a void method is done to, if the client can find it."""
    is_void = message.result.kind == _VOID
    return fields[0] if is_void and fields and fields[0].names else None


def _found(message: Message, fields: Sequence[Field]) -> Iterator[str]:
    subject = _subject(message, fields)
    if subject:
        yield f"{formatting.INDENT}thing = {subject.handed}"


def _handed(message: Message, fields: Sequence[Field]) -> list[str]:
    subject = _subject(message, fields)
    return ["thing" if field is subject else field.handed for field in fields]


def _kept(message: Message, *, is_long: bool) -> str:
    """Write how a body keeps what a call gives."""
    if message.result.kind == _VOID:
        return "yield " if is_long else ""
    return "made = yield " if is_long else "given = "


def _spelling(calls: str, message: Message) -> str:
    """Write a call as XenServer spells it, also where the name is a keyword of Python."""
    if keyword.iskeyword(message.name):
        return f'getattr({calls}.{message.cls}, "{message.name}")'
    return f"{calls}.{message.method}"


def _ending(message: Message, fields: Sequence[Field], model: Model) -> _Ending:
    kind = message.result
    if kind.kind == _VOID:
        thing = f", {_as_it_is(message, fields)}" if _subject(message, fields) else ""
        return _Ending(_return(f'done("{message.method} done"{thing})'), "Done", "done")
    if method_signature.is_long(message):
        return _of_what_was_made(kind, model)
    return _returned(*_as_answered(kind, "given", model))


def _as_it_is(message: Message, fields: Sequence[Field]) -> str:
    """Write the object a method was done to as it is afterwards: it may have another name."""
    if message.name == "set_name_label":
        return f"thing.renamed({fields[-1].name})"
    return "thing"


def _of_what_was_made(kind: Type, model: Model) -> _Ending:
    if kind.kind == "ref" and _uuid_getter(kind, model):
        return _Ending(_return(f"created({_uuid_getter(kind, model)}(made))"), "Created", "created")
    if kind.kind == "int":
        return _returned("int(made)")
    return _returned(*_as_answered(kind, "made", model))


def _as_answered(kind: Type, name: str, model: Model) -> tuple[str, frozenset[Import]]:
    """Write a value without the references in it, and what that needs imported."""
    plain = kind.items[0] if kind.kind == "set" else kind
    getter = _uuid_getter(plain, model)
    match kind.kind:
        case "ref" if getter:
            return f"None if {name} == NULL else {getter}({name})", frozenset({(VALUES, "NULL")})
        case "set" if getter:
            return f"[{getter}(one) for one in {name}]", frozenset()
    return name, frozenset()


def _uuid_getter(kind: Type, model: Model) -> str:
    """Write what gives the UUID behind a reference; nothing where there is no such thing."""
    if kind.kind != "ref":
        return ""
    if kind.name in FINDERS:
        return f"xen.uuid.{FINDERS[kind.name][0]}"
    return f"xen.{kind.name}.get_uuid" if f"{kind.name}.get_uuid" in model.messages else ""


def _returned(expression: str, needs: frozenset[Import] = frozenset()) -> _Ending:
    return _Ending(_return(f"returned({expression})"), "Returned", "returned", needs)


def _return(expression: str) -> str:
    return f"{formatting.INDENT}return {expression}"
