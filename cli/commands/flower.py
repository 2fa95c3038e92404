"""`xenflow flower`: workers and tasks in a browser."""

import importlib

from typer.core import TyperCommand

from cli import command as commands
from cli.exit_codes import Code


def command(name: str) -> TyperCommand:
    """Return `xenflow flower`."""
    return commands.make(name, flower)


def flower() -> int:
    """Show workers and tasks in a browser until SIGTERM; nothing can be changed there."""
    importlib.import_module("cli.serving").serve_flower()
    return Code.DONE
