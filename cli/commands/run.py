"""`xenflow run`: any operation or flow by its name."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import catalogue_index, completion, parsing
from cli import command as commands
from cli.options import PairOptions

_SUBMIT = "cli.submit"  # imports Celery: only when something is sent


def command(name: str) -> TyperCommand:
    """Return `xenflow run`."""
    return commands.make(name, run)


def run(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="an operation or flow, such as vm.start",
            autocompletion=completion.operations,
        ),
    ],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE...", help="the message; structures as JSON or @FILE"),
    ] = None,
    *,
    options: PairOptions,
) -> int:
    """Run any operation or flow by its name: `xenflow run xenserver.vm.start vm=web01`."""
    index = catalogue_index.load()
    rest = list(fields or [])
    if "." not in name and rest and "=" not in rest[0]:
        name = f"{name}.{rest.pop(0)}"  # as in the command of a noun
    entry = index.find(name)
    given = parsing.pairs(entry.inputs, rest)
    return int(importlib.import_module(_SUBMIT).execute(entry, given, options))
