"""`xenflow demo`: 20 VMs at once on a simulated pool."""

import importlib
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli.exit_codes import Code


def command(name: str) -> TyperCommand:
    """Return `xenflow demo`."""
    return commands.make(name, demo)


def demo(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", envvar="KEEP", help="keep it running until Ctrl-C")
    ] = False,
    vms: Annotated[int, typer.Option(min=1, help="how many VMs")] = 20,
    folder: Annotated[Path, typer.Option("--folder", help="folder of data and logs")] = Path(
        ".run/demo"
    ),
) -> int:
    """Make 20 VMs at once on a simulated pool, and show what happened."""
    importlib.import_module("cli.demo").show(folder.resolve(), vms=vms, keep=keep)
    return Code.DONE
