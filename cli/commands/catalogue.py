"""`xenflow catalogue`: all operations and flows."""

from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text
from typer.core import TyperCommand

from cli import catalogue_index, output, tables
from cli import command as commands
from cli.catalogue_index import Entry
from cli.exit_codes import Code
from cli.options import Format, OutputOptions
from cli.output import Document, write

_NARROW = 90  # columns below which a summary has too little room beside the longest name


def command(name: str) -> TyperCommand:
    """Return `xenflow catalogue`."""
    return commands.make(name, catalogue)


def catalogue(options: OutputOptions) -> int:
    """List all operations and flows, each with what it does."""
    rows = [_row(entry) for entry in catalogue_index.load().listed()]

    def text(chosen: OutputOptions) -> RenderableType:
        if chosen.format is Format.LIST:
            return tables.lists(rows)
        if output.width() < _NARROW and not chosen.wide:
            return Group(*(line for row in rows for line in _two_lines(row)))
        lines = [[row["name"], row["summary"]] for row in rows]
        return tables.table(["name", "what it does"], lines)

    write(Document({"operations": rows}, text, rows), options)
    return Code.DONE


def _two_lines(row: dict[str, Any]) -> tuple[Text, Padding]:
    """Return name and summary below each other, for terminals where they are too wide together."""
    return Text(row["name"], style="bold"), Padding(Text(row["summary"]), (0, 0, 0, 2))


def _row(entry: Entry) -> dict[str, Any]:
    row = {"name": entry.name, "summary": entry.summary, "queue": entry.queue}
    return {**row, "flow": entry.is_flow}
