"""`xenflow demo`: 20 VMs at once on a simulated pool."""

import importlib
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli import paths
from cli.exit_codes import Code


def command(name: str) -> TyperCommand:
    """Return `xenflow demo`."""
    return commands.make(name, demo)


def demo(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", envvar="KEEP", help="keep it running until Ctrl-C")
    ] = False,
    vms: Annotated[int, typer.Option(min=1, max=10_000, help="how many VMs")] = 20,
    folder: Annotated[
        Path, typer.Option("--folder", metavar="FOLDER", help="where data and logs are kept")
    ] = Path(".run/demo"),
) -> int:
    """Make 20 VMs at once on a simulated pool, and show what happened."""
    place = folder.resolve()
    with paths.named_by("--folder", place):
        importlib.import_module("cli.demo").show(place, vms=vms, keep=keep)
    return Code.DONE
