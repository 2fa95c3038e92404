"""Groups of generated commands: one for each noun in the catalogue."""

from collections.abc import Iterator

import typer
from typer.core import TyperGroup

from cli import generated, names
from cli.command import Command
from tasks.engine.declaration.operation import Operation


def group(noun: str) -> TyperGroup:
    """Return the commands of a noun."""
    found = find_group(noun)
    if found is None:
        raise typer.BadParameter(f"there is no operation on a {noun}")
    return found


def find_group(noun: str) -> TyperGroup | None:
    """Return the commands of a noun; None where nothing is declared for it."""
    mine = list(_operations(noun))
    return _group(noun, mine) if mine else None


def _operations(noun: str) -> Iterator[tuple[str, Operation]]:
    for operation in names.everything():
        *_, its_noun, verb = operation.name.split(".")
        if its_noun == noun:
            yield verb.replace("_", "-"), operation


def _group(noun: str, operations: list[tuple[str, Operation]]) -> TyperGroup:
    app = typer.Typer(name=noun, rich_markup_mode="rich", add_completion=False)
    app.callback()(lambda: None)
    for verb, operation in operations:
        app.command(verb, cls=Command)(generated.command_of(operation))
    return typer.main.get_group(app)
