"""`xenflow schema`: schemas, an AsyncAPI document, a typed client and pages, as files."""

import importlib
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli import paths
from cli.exit_codes import Code


def command(name: str) -> TyperCommand:
    """Return `xenflow schema`."""
    return commands.make(name, schema)


def schema(
    *,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="write the schemas there; default: schemas"),
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="write a typed client, which needs only Celery"),
    ] = None,
    pages: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="write the reference pages, in Markdown"),
    ] = None,
) -> int:
    """Write JSON Schemas of all messages and answers and an AsyncAPI document.

    With --python or --pages, write a typed client or the reference pages instead. All of them
    contain your own operations.
    """
    generators = importlib.import_module("cli.generators.output_files")
    with (
        paths.named_by("--folder", folder or generators.DEFAULT_FOLDER),
        paths.named_by("--python", python),
        paths.named_by("--pages", pages),
    ):
        generators.write_all(folder=folder, python=python, pages=pages)
    return Code.DONE
