"""`xenflow wizard`: operations of your own, written for methods of a XenServer."""

import importlib
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli import completion, paths
from cli.options import OutputOptions


def command(name: str) -> TyperCommand:
    """Return `xenflow wizard`."""
    return commands.make(name, wizard)


def wizard(
    *,
    method: Annotated[
        list[str] | None,
        typer.Option(metavar="CLASS.METHOD", help="the method to write for; may be repeated"),
    ] = None,
    target: Annotated[
        str, typer.Option(help="the connection profile to use", autocompletion=completion.targets)
    ] = "default",
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="where to write; default: XENFLOW_OPERATIONS_PATH"),
    ] = None,
    options: OutputOptions,
) -> int:
    """Write operations for methods of a XenServer, into a folder of your own.

    On a terminal it asks which, and searches as you type. Without one, and without --method, it
    lists the methods.
    """
    session = importlib.import_module("cli.wizard.session")
    with paths.named_by("--folder", folder):
        return int(session.run(method or [], target=target, folder=folder, options=options))
