"""`xenflow schema`: what other programs and people read of the catalogue, as files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import names, output, single_command
from cli.exit_codes import Code
from cli.generators.pages import reference
from cli.generators.schemas import client, files
from cli.options import Debug

HERE = Path("schemas")


def command(name: str) -> TyperCommand:
    """Return `xenflow schema`."""
    return single_command.command(name, schema)


def schema(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="FOLDER", help="where schemas go; if nothing is given: schemas"
        ),
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="write a typed client, which needs only Celery"),
    ] = None,
    pages: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="write the reference pages, in Markdown"),
    ] = None,
    debug: Debug = False,  # noqa: ARG001 - read by entry.py
) -> int:
    """Write JSON Schemas of all messages and answers and an AsyncAPI document.

    Or what else is asked for: a typed client, the reference pages. People's own operations are in
    all of them.
    """
    operations = names.everything()
    if python:
        _write(python.parent, {python.name: client.text(operations)})
    if pages:
        _write(pages, reference.texts(operations))
    if output or not (python or pages):
        _write(output or HERE, files.schemas(operations))
    return Code.DONE


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    files.write(folder, texts)
    what = next(iter(texts)) if len(texts) == 1 else f"{len(texts)} files"
    output.line(f"wrote {what} in {folder}")
