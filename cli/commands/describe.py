"""`xenflow describe`: what an operation takes and answers, how it fails, examples."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import catalogue_index, completion
from cli import command as commands
from cli.exit_codes import Code
from cli.options import OutputOptions

_DESCRIPTION = "cli.description"  # imports the operation


def command(name: str) -> TyperCommand:
    """Return `xenflow describe`."""
    return commands.make(name, describe)


def describe(
    name: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="an operation or flow, such as vm.start",
            autocompletion=completion.operations,
        ),
    ],
    *,
    options: OutputOptions,
) -> int:
    """Show what an operation takes and answers, how it fails, and an example each way."""
    entry = catalogue_index.load().find(".".join(name))
    document = importlib.import_module(_DESCRIPTION).document(entry)
    importlib.import_module("cli.output").write(document, options)
    return Code.DONE
