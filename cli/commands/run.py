"""`xenflow run`: any operation or flow by its name."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import catalogue_index, completion, parsing
from cli import command as commands
from cli.options import RunOptions

_SUBMIT = "cli.submit"  # imports Celery: only when something is sent


def command(name: str) -> TyperCommand:
    """Return `xenflow run`."""
    return commands.make(name, run)


def run(
    name: Annotated[
        str,
        typer.Argument(
            help="an operation or flow, such as vm.start", autocompletion=completion.operations
        ),
    ],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE...", help="the message; structures as JSON or @FILE"),
    ] = None,
    *,
    options: RunOptions,
) -> int:
    """Run any operation or flow by its name: `xenflow run xenserver.vm.start vm=web01`."""
    entry = catalogue_index.load().find(name)
    given = parsing.pairs(entry.inputs, fields or [])
    return int(importlib.import_module(_SUBMIT).execute(entry, given, options))
