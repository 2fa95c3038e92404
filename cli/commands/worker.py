"""`xenflow worker`: the process that runs operations and flows."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli.options import ProcessName


def command(name: str) -> TyperCommand:
    """Return `xenflow worker`."""
    return commands.make(name, worker)


def worker(
    name: ProcessName = "worker",
    slots: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="operations at once; default: XENFLOW_CONCURRENCY"),
    ] = None,
) -> int:
    """Run operations and flows until SIGTERM."""
    return int(importlib.import_module("cli.serving").serve_operations(name=name, slots=slots))
