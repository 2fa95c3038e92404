"""The files that `xenflow schema` writes."""

from collections.abc import Mapping
from pathlib import Path

from cli import catalogue_build, output
from cli.generators.pages import reference
from cli.generators.schemas import client, files

DEFAULT_FOLDER = Path("schemas")


def write_all(*, folder: Path | None, python: Path | None, pages: Path | None) -> None:
    """Write the typed client, the reference pages and the schemas, as far as they are asked for."""
    operations = catalogue_build.operations()
    if python:
        _write(python.parent, {python.name: client.text(operations)})
    if pages:
        _write(pages, reference.texts(operations))
    if folder or not (python or pages):
        _write(folder or DEFAULT_FOLDER, files.schemas(operations))


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    files.write(folder, texts)
    what = next(iter(texts)) if len(texts) == 1 else f"{len(texts)} files"
    output.line(f"wrote {what} in {folder}")
