"""What an operation takes and answers, how it fails, and an example each way."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli import examples, help_layout, layout, operations, tables
from cli.catalogue_index import Entry
from cli.generators.pages import error_pages
from cli.inputs import Input
from cli.options import OutputOptions
from cli.output import Document
from tasks.engine.declaration.operation import Operation


def document(entry: Entry) -> Document:
    """Return the description of an operation."""
    operation = operations.load(entry)

    def text(_options: OutputOptions) -> RenderableType:
        return Group(*_page(entry, operation))

    return Document(_data(entry, operation), text)


def _data(entry: Entry, operation: Operation) -> dict[str, Any]:
    message = examples.message_of(operation)
    return {
        "name": entry.name,
        "summary": entry.summary,
        "queue": entry.queue,
        "flow": entry.is_flow,
        "message": operation.model.model_json_schema(),
        "answer": operation.answer.model_json_schema(mode="serialization"),
        "errors": [asdict(error) for error in error_pages.of(operation)],
        "example": {
            "shell": examples.shell(operation, message),
            "python": examples.python(operation, message),
            "message": message,
            "notes": examples.notes(operation),
        },
    }


def _page(entry: Entry, operation: Operation) -> Iterator[RenderableType]:
    message = examples.message_of(operation)
    yield Text.assemble((entry.name, "bold"), "\n", help_layout.reflowed(entry.documentation))
    yield _section("Inputs")
    yield _inputs(entry.inputs)
    yield _section("Answer")
    yield _answer(operation)
    yield _section("Errors")
    yield _errors(operation)
    yield _section("In a shell")
    yield layout.verbatim(examples.shell(operation, message))
    if examples.notes(operation):
        yield Text(examples.notes(operation))
    yield _section("In Python, with nothing of xenflow installed")
    yield layout.verbatim(examples.python(operation, message))
    yield _section("On the wire")
    yield layout.verbatim(examples.wire(operation, message))


def _section(title: str) -> Text:
    return Text(f"\n{title}", style="bold")


def _inputs(inputs: Iterable[Input]) -> RenderableType:
    rows = [row for one in inputs for row in _rows(one)]
    return tables.table(["field", "type", "default", "meaning"], rows)


def _rows(one: Input, owner: str = "") -> Iterator[list[Any]]:
    """Yield the line of an input, and the lines of the fields within it."""
    field = f"{owner}{one.key}"
    default = "required" if one.required else one.default_text
    yield [field, one.shape, default, one.help]
    for part in one.parts:
        yield from _rows(part, f"{field}.")


def _answer(operation: Operation) -> RenderableType:
    fields = operation.answer.model_fields.items()
    return tables.table(["field", "meaning"], [[n, one.description or ""] for n, one in fields])


def _errors(operation: Operation) -> RenderableType:
    rows = [[error.code, error.kind, error.message] for error in error_pages.of(operation)]
    return tables.table(["code", "class", "message"], rows)
