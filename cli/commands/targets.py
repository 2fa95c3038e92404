"""`xenflow targets`: the connection profiles, and what waits on each."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli.options import OutputOptions


def command(name: str) -> TyperCommand:
    """Return `xenflow targets`."""
    return commands.make(name, targets)


def targets(
    *,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="log in to each from this machine, and report the server's version"
        ),
    ] = False,
    options: OutputOptions,
) -> int:
    """List the connection profiles, and what waits on each."""
    return int(importlib.import_module("cli.target_list").show(options, check=check))
