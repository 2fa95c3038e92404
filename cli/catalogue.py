"""The catalogue on the terminal: what there is, and what each takes and answers."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text
from typer.core import TyperCommand

from cli import examples, inputs, names, output, single_command
from cli.exit_codes import Code
from cli.generators.pages import error_pages
from cli.options import Debug, Json
from tasks.engine.declaration.operation import Operation


def command(name: str) -> TyperCommand:
    """Return one of the commands on the catalogue."""
    return single_command.command(name, _COMMANDS[name])


def catalogue(*, json: Json = False, debug: Debug = False) -> int:  # noqa: ARG001 - read by entry.py
    """List all operations and flows, one line each."""
    known = names.everything()
    if json:
        output.document({"operations": [_entry(operation) for operation in known]})
    else:
        rows = [[operation.name, operation.summary] for operation in known]
        output.out().print(output.table(["name", "what it does"], rows))
    return Code.DONE


def describe(name: names.Name, *, json: Json = False, debug: Debug = False) -> int:  # noqa: ARG001 - read by entry.py
    """Show what an operation takes and answers, how it fails, and an example each way."""
    operation = names.find(name)
    if json:
        output.document(_document(operation))
    else:
        output.out().print(Group(*_page(operation)))
    return Code.DONE


def _entry(operation: Operation) -> dict[str, Any]:
    told = {"name": operation.name, "summary": operation.summary, "queue": operation.queue}
    return {**told, "flow": operation.is_flow}


def _document(operation: Operation) -> dict[str, Any]:
    message = examples.message_of(operation)
    return {
        **_entry(operation),
        "message": operation.model.model_json_schema(),
        "answer": operation.answer.model_json_schema(mode="serialization"),
        "errors": [asdict(error) for error in error_pages.of(operation)],
        "example": {
            "shell": examples.shell(operation, message),
            "python": examples.python(operation, message),
            "message": message,
        },
    }


def _page(operation: Operation) -> Iterator[RenderableType]:
    message = examples.message_of(operation)
    yield Text.assemble((operation.name, "bold"), "\n", *_documentation(operation))
    yield _section("Inputs")
    yield _inputs(operation)
    yield _section("Answer")
    yield _answer(operation)
    yield _section("Errors")
    yield _errors(operation)
    yield _section("In a shell")
    yield Text(examples.shell(operation, message))
    yield _section("In Python, with nothing of xenflow installed")
    yield Text(examples.python(operation, message))
    yield _section("On the wire")
    yield Text(examples.wire(operation, message))


def _documentation(operation: Operation) -> Iterator[str]:
    yield (operation.model.__doc__ or operation.summary).strip()


def _section(title: str) -> Text:
    return Text(f"\n{title}", style="bold")


def _inputs(operation: Operation) -> RenderableType:
    rows = [
        [one.key, one.shape, "required" if one.required else one.default_told, one.help]
        for one in inputs.of(operation.model)
    ]
    return output.table(["field", "type", "default", "meaning"], rows)


def _answer(operation: Operation) -> RenderableType:
    rows = [
        [name, field.description or ""] for name, field in operation.answer.model_fields.items()
    ]
    return output.table(["field", "meaning"], rows)


def _errors(operation: Operation) -> RenderableType:
    rows = [[error.code, error.kind, error.words] for error in error_pages.of(operation)]
    return output.table(["code", "class", "what it says"], rows)


_COMMANDS: dict[str, Callable[..., int]] = {"catalogue": catalogue, "describe": describe}
