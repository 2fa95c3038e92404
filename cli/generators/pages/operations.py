"""The pages of operations and flows: what each takes, answers and fails with, by example."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from cli import examples, message_inputs
from cli.generators.pages import calls, error_pages, markdown
from cli.generators.schemas import models, python_types, simplify
from cli.generators.schemas.simplify import Schema
from cli.inputs import Input
from tasks.engine.declaration.operation import Operation

_ABOUT = """\
Each is a Celery task, sent by its name with keyword arguments only. Objects are named by UUID
or by name label; sizes are bytes or text with a unit (`10GiB`, `512 MB`). Types are written as
in Python. From a shell: `xenflow <noun> <verb> --help`; [the errors](errors.md) say
what went wrong."""
_ABOUT_FLOWS = """\
Each is a Celery task that does several [operations](operations.md). When a step fails, what was
made is undone, last first, unless `on_failure` is `keep`; the flow then fails with the error of
that step. A flow can be a step of another program's chain or chord. With `async` it answers at
once; `task` is then the run that goes on, and its `uuid` the Celery task that gives the answer."""
_COMMON = """\
## What all take

Those from `async` on are for what changes something. In place of a target a message may say
`hostname` and `username`, and `password` as `xenflow seal` gives it."""


def page(operations: Sequence[Operation]) -> str:
    """Return the page of operations, by noun."""
    nouns = groupby(operations, key=lambda operation: operation.name.split(".")[-2])
    parts = (part for noun, mine in nouns for part in (f"## {noun}", *map(_entry, mine)))
    return markdown.page("Operations", _ABOUT, *_common(operations), *parts, *_answers(operations))


def page_of_flows(flows: Sequence[Operation]) -> str:
    """Return the page of flows."""
    parts = [f"## Flows\n\n{_contents(flows)}", *map(_entry, flows)]
    return markdown.page("Flows", _ABOUT_FLOWS, *parts, *_answers(flows))


def _contents(flows: Iterable[Operation]) -> str:
    rows = [[f"[`{one.name}`](#{_anchor(one.name)})", one.summary] for one in flows]
    return markdown.table(["name", "what it does"], rows)


def _anchor(name: str) -> str:
    return name.replace(".", "")


def _common(operations: Sequence[Operation]) -> Iterator[str]:
    one_that_changes = next(filter(models.can_be_async, operations), operations[0])
    schema = models.of_message(one_that_changes)["properties"]
    yield _COMMON
    yield _inputs((one for one in message_inputs.of(one_that_changes.model) if one.common), schema)
    yield (
        f"Any may fail with {markdown.terms(error_pages.ALWAYS)}; "
        f"where it is to find an object, with {markdown.terms(error_pages.NAMED)}; "
        f"where XenServer works on it, with {markdown.terms(error_pages.CALLED)}."
    )


def _entry(operation: Operation) -> str:
    schema = models.of_message(operation)["properties"]
    own = [one for one in message_inputs.of(operation.model) if not one.common]
    message = examples.message_of(operation)
    parts = [
        f"### {operation.name}",
        simplify.prose(operation.model.__doc__ or operation.summary),
        _inputs(own, schema),
        "\n".join(_facts(operation)),
        markdown.code(examples.shell(operation, message), "sh"),
        markdown.code(json.dumps(message, ensure_ascii=False), "json"),
        examples.notes(operation),
    ]
    return "\n\n".join(part for part in parts if part)


def _inputs(wanted: Iterable[Input], schema: Schema) -> str:
    rows = [
        [
            markdown.term(one.key),
            markdown.term(python_types.annotation(simplify.without_null(schema[one.key]))),
            "required" if one.required else markdown.term(one.default_text or ""),
            one.help,
        ]
        for one in wanted
    ]
    return markdown.table(["field", "type", "default", "meaning"], rows)


def _facts(operation: Operation) -> Iterator[str]:
    answer = operation.answer.__name__
    if operation.is_internal:
        yield "- A step of flows: no other sender needs it"
    at_once = " (`Accepted` with `async`)" if models.can_be_async(operation) else ""
    yield f"- Answer: [`{answer}`](#{answer.lower()}){at_once}"
    if operation.is_flow:
        yield f"- Steps it may take: {markdown.terms(calls.steps(operation))}"
    if calls.refusals(operation):
        yield f"- Errors of its own: {markdown.terms(calls.refusals(operation))}"
    if operation.is_flow:
        return
    if calls.methods(operation):
        yield f"- Calls of XenServer: {markdown.terms(calls.methods(operation))}"
    if calls.failures(operation):
        yield f"- Errors of XenServer: {markdown.terms(calls.failures(operation))}"
    if operation.undo:
        yield f"- Undone by: {markdown.term(operation.undo.name)}"


def _answers(operations: Iterable[Operation]) -> Iterator[str]:
    yield "## Answers"
    for name, kind in models.answers_of(operations).items():
        schema = models.of_answer(kind)
        yield f"### {name}\n\n{schema['description']}"
        yield _fields(schema)
        for inner, definition in schema.get("$defs", {}).items():
            yield f"`{inner}`: {definition.get('description', '')}"
            yield _fields(definition)


def _fields(schema: Schema) -> str:
    rows = [
        [
            markdown.term(name),
            markdown.term(python_types.annotation(part)),
            "" if name in schema["required"] else "may be missing",
            part.get("description", ""),
        ]
        for name, part in schema["properties"].items()
    ]
    return markdown.table(["field", "type", "", "meaning"], rows)
