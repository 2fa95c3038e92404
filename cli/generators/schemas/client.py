"""One module of Python for other services: typed functions that give Celery signatures.

It has the types of answers too, and needs Celery and nothing else.
"""

import inspect
import keyword
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from itertools import groupby
from typing import Any

from cli import message_inputs
from cli.generators.schemas import client_source, models, python_types, simplify, structures
from cli.inputs import Input
from tasks.engine.declaration.message import ChangingMessage, Message
from tasks.engine.declaration.operation import Operation
from xenserver import errors

_HEAD = '''\
"""A typed client of xenflow {version}: each operation and flow is a function.

Each returns a Celery signature: send it, or make chains and chords of it. An operation that fails
raises one of the errors below. The module is written by `xenflow schema --python` and needs Celery
alone: keep it in your own tree.

    from celery import chain

    import xenflow_client as xen

    made = chain(
        xen.vm.clone(vm="debian-12", name="web01", target="lab"),
        xen.vm.install(template=xen.Feed("uuid"), in_place=True, target="lab"),
        xen.vm.start(vm=xen.Feed("uuid"), target="lab"),
    )
    try:
        answer: xen.Done = made.delay().get()
    except xen.Refused as refused:
        print(refused.code, refused.message)
"""

# ruff: noqa

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict, Unpack

from celery import Signature'''

_REGISTERED = '''\
sys.modules.setdefault("xenserver.errors", sys.modules[__name__])
"""Celery looks up there the class of an error that a worker raised."""'''
_NO_PARAMETER = frozenset({"feed"})  # `Feed` stands in the place of what is fed


def text(operations: Iterable[Operation]) -> str:
    """Return the module's text."""
    known = list(operations)
    built = structures.of(known)
    parts = [
        _HEAD.format(version=metadata.version("xenflow")),
        inspect.getsource(client_source.Feed),
        inspect.getsource(client_source.XenflowError),
        *_errors(errors.XenflowError),
        _REGISTERED,
        *(python_types.definition(name, schema, {}) for name, schema in built.answers.items()),
        *(
            python_types.definition(name, schema, built.names)
            for name, schema in built.given.items()
        ),
        _common("Common", Message, frozenset(), "TypedDict"),
        _common("Changing", ChangingMessage, frozenset(Message.model_fields), "Common"),
        inspect.getsource(client_source.signature),
        inspect.getsource(client_source.holds_feed),
        *_nouns(known, built.names),
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _errors(parent: type[errors.XenflowError]) -> Iterator[str]:
    """Yield the classes of errors, as the worker's own tree has them."""
    for kind in parent.__subclasses__():
        about = python_types.docstring((kind.__doc__ or "").partition("\n")[0], 4)
        yield "\n".join([f"class {kind.__name__}({parent.__name__}):", *about])
        yield from _errors(kind)


def _common(name: str, model: type[Message], known: frozenset[str], base: str) -> str:
    """Return the TypedDict of what all operations take, except what another has already."""
    schema = simplify.tidied(model.model_json_schema(by_alias=False))
    about = python_types.docstring(schema["description"], 4)
    lines = [f"class {name}({base}, total=False):", *about, ""]
    for field, part in schema["properties"].items():
        if field not in known | _NO_PARAMETER:
            lines.append(f"    {field}: {python_types.annotation(simplify.without_null(part))}")
            lines += python_types.docstring(part["description"], 4)
    return "\n".join(lines)


def _nouns(operations: Iterable[Operation], names: Mapping[str, str]) -> Iterator[str]:
    def noun(operation: Operation) -> str:
        return operation.name.split(".")[-2]

    for name, mine in groupby(sorted(operations, key=lambda o: (noun(o), o.name)), key=noun):
        members = list(mine)
        about = f'    """The messages `{members[0].name.rpartition(".")[0]}.*`."""'
        functions = [_function(operation, names) for operation in members]
        yield "\n\n".join([f"class {name}:\n{about}", *functions])


def _function(operation: Operation, names: Mapping[str, str]) -> str:
    schema = models.of_message(operation)["properties"]
    own = [one for one in message_inputs.of(operation.model) if not one.common]
    kind = "Changing" if models.can_be_async(operation) else "Common"
    lines = [
        "@staticmethod",
        f"def {_safe(operation.name.rsplit('.', 1)[-1])}(",
        *(["    *,"] if own else []),
        *(line for one in own for line in _parameter(one, schema[one.key], names)),
        f"    **common: Unpack[{kind}],",
        f") -> Signature[{operation.answer.__name__}]:",
        *python_types.docstring(_documentation(operation, own), 4, width=python_types.WIDTH - 4),
        "    return signature(",
        *_arguments(operation, own),
        "    )",
    ]
    return "\n".join(f"    {line}".rstrip() for line in lines)


def _parameter(one: Input, schema: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    typed = f"    {one.field}: {python_types.annotation(simplify.without_null(schema), names)}"
    fed = ["| Feed"] if one.required else ["| Feed", "| None = None"]
    line = " ".join([typed, *fed]) + ","
    room = python_types.WIDTH - len("    ")
    if len(line) <= room:
        return [line]
    lines = python_types.laid_out(typed, room)
    return [*lines, *(f"    {part}" for part in fed[:-1]), f"    {fed[-1]},"]


def _documentation(operation: Operation, own: Iterable[Input]) -> str:
    meanings = [f"    {one.field}: {_meaning(one)}" for one in own if _meaning(one)]
    about = simplify.prose(operation.model.__doc__ or operation.summary)
    return "\n\n".join([about, *(["\n".join(["Args:", *meanings])] if meanings else [])])


def _meaning(one: Input) -> str:
    default = f"default {one.default_text}" if one.default not in _NOTHING else ""
    return "; ".join(text for text in (one.help, default) if text)


_NOTHING: tuple[Any, ...] = (None, False, "", [])


def _arguments(operation: Operation, own: Iterable[Input]) -> Iterator[str]:
    yield f'        "{operation.name}",'
    yield f'        "{operation.queue}",'
    fields = [f'"{one.key}": {one.field}' for one in own]
    line = f"        {{{', '.join(fields)}}},"
    if len(line) + len("    ") <= python_types.WIDTH:
        yield line
    else:
        yield "        {"
        yield from (f"            {field}," for field in fields)
        yield "        },"
    yield "        common,"


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name
