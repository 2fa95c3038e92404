"""`xenflow poller`: the process that follows the tasks of XenServer."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands


def command(name: str) -> TyperCommand:
    """Return `xenflow poller`."""
    return commands.make(name, poller)


def poller(
    name: Annotated[str, typer.Option(help="its name, before the host's name")] = "poller",
) -> int:
    """Follow the tasks of XenServer on all targets until SIGTERM."""
    return int(importlib.import_module("cli.serving").serve_poller(name=name))
