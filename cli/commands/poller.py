"""`xenflow poller`: the process that follows the tasks of XenServer."""

import importlib

from typer.core import TyperCommand

from cli import command as commands
from cli.options import ProcessName


def command(name: str) -> TyperCommand:
    """Return `xenflow poller`."""
    return commands.make(name, poller)


def poller(
    name: ProcessName = "poller",
) -> int:
    """Follow the tasks of XenServer on all targets until SIGTERM."""
    return int(importlib.import_module("cli.serving").serve_poller(name=name))
