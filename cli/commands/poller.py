"""`xenflow poller`: the process that follows the tasks of XenServer."""

from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from config import logs, settings
from workers import processes


def command(name: str) -> TyperCommand:
    """Return `xenflow poller`."""
    return commands.make(name, poller)


def poller(
    name: Annotated[str, typer.Option(help="its name, before the host's name")] = "poller",
) -> int:
    """Follow the tasks of XenServer on all targets until SIGTERM."""
    chosen = settings.load()
    logs.configure(chosen)
    return processes.serve_poller(chosen, name=name)
