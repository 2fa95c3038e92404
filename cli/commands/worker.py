"""`xenflow worker`: the process that runs operations and flows."""

from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from config import logs, settings
from workers import processes


def command(name: str) -> TyperCommand:
    """Return `xenflow worker`."""
    return commands.make(name, worker)


def worker(
    name: Annotated[str, typer.Option(help="its name, before the host's name")] = "worker",
    slots: Annotated[
        int | None,
        typer.Option(min=1, help="operations at once; without it XENFLOW_CONCURRENCY"),
    ] = None,
) -> int:
    """Run operations and flows until SIGTERM."""
    chosen = settings.load()
    logs.configure(chosen)
    return processes.serve_operations(chosen, name=name, slots=slots)
