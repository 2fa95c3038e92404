"""`xenflow schema`: schemas, an AsyncAPI document, a typed client and pages, as files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import catalogue_build, output
from cli import command as commands
from cli.exit_codes import Code
from cli.generators.pages import reference
from cli.generators.schemas import client, files

DEFAULT_FOLDER = Path("schemas")


def command(name: str) -> TyperCommand:
    """Return `xenflow schema`."""
    return commands.make(name, schema)


def schema(
    *,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="write the schemas there; without options: schemas"),
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

    Or what else is asked for: a typed client, the reference pages. Your own operations are in all
    of them.
    """
    operations = catalogue_build.operations()
    if python:
        _write(python.parent, {python.name: client.text(operations)})
    if pages:
        _write(pages, reference.texts(operations))
    if folder or not (python or pages):
        _write(folder or DEFAULT_FOLDER, files.schemas(operations))
    return Code.DONE


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    files.write(folder, texts)
    what = next(iter(texts)) if len(texts) == 1 else f"{len(texts)} files"
    output.line(f"wrote {what} in {folder}")
