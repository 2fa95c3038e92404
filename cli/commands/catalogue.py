"""`xenflow catalogue`: all operations and flows."""

from typing import Any

from rich.console import RenderableType
from typer.core import TyperCommand

from cli import catalogue_index, tables
from cli import command as commands
from cli.catalogue_index import Entry
from cli.exit_codes import Code
from cli.options import Format, OutputOptions
from cli.output import Document, write


def command(name: str) -> TyperCommand:
    """Return `xenflow catalogue`."""
    return commands.make(name, catalogue)


def catalogue(options: OutputOptions) -> int:
    """List all operations and flows, one line each."""
    rows = [_row(entry) for entry in catalogue_index.load().listed()]

    def text(chosen: OutputOptions) -> RenderableType:
        if chosen.format is Format.LIST:
            return tables.lists(rows)
        lines = [[row["name"], row["summary"]] for row in rows]
        return tables.table(["name", "what it does"], lines)

    write(Document({"operations": rows}, text, rows), options)
    return Code.DONE


def _row(entry: Entry) -> dict[str, Any]:
    row = {"name": entry.name, "summary": entry.summary, "queue": entry.queue}
    return {**row, "flow": entry.is_flow}
