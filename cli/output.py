"""The terminal: answers go to standard output, everything else to standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 240  # columns where no terminal says how many it has

_FIRST = ("uuid", "name_label", "power_state", "device", "status", "type")
_WHOLE = frozenset({"uuid", "id", "name", "began", "took"})  # never broken into two lines
_GAP = 2  # columns between two columns


def out() -> Console:
    """Return the console of answers."""
    return _console(stderr=False)


def err() -> Console:
    """Return the console of everything else."""
    return _console(stderr=True)


def on_terminal() -> bool:
    """Whether a person looks: progress is shown only then."""
    return sys.stderr.isatty()


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(stderr=stderr, width=width, highlight=False)


def document(what: Any) -> None:
    """Print one JSON object, and nothing else."""
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def line(text: str) -> None:
    """Print a line as it is, never wrapped or coloured, fit for a script."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def answer(told: Mapping[str, Any]) -> None:
    """Print an answer for people: what was done, then its fields, records as a table."""
    line(str(told.get("return_result", "")))
    rows = {name: value for name, value in told.items() if _is_told(told, name, value)}
    tables = {name: value for name, value in rows.items() if _is_records(value)}
    if len(rows) > len(tables):
        out().print(fields({n: v for n, v in rows.items() if n not in tables}))
    for value in tables.values():
        out().print(records(value))


def records(found: Sequence[Mapping[str, Any]]) -> Table:
    """Return records as a table: of the columns that say something, as many as fit."""
    names = dict.fromkeys(name for record in found for name in record)
    columns = [name for name in _FIRST if name in names]
    columns += [name for name in names if name not in _FIRST and _is_plain(found, name)]
    shown = _fitting(columns, found, out().width)
    return table(shown, [[record.get(column) for column in shown] for record in found])


def _fitting(
    columns: Sequence[str], found: Sequence[Mapping[str, Any]], width: int
) -> Sequence[str]:
    taken = 0
    for number, column in enumerate(columns):
        taken += _GAP + max(len(column), *(len(said(record.get(column))) for record in found))
        if taken > width + _GAP and number:
            return columns[:number]
    return columns


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """Return a table without frills; what is no text is told as JSON."""
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
    for column in columns:
        shown.add_column(column, no_wrap=column in _WHOLE, overflow="fold")
    for row in rows:
        shown.add_row(*(value if isinstance(value, Text) else said(value) for value in row))
    return shown


def said(value: Any) -> Text:
    """Return a value: text as it is, nothing as nothing, the rest as JSON."""
    if value is None:
        return Text()
    return Text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def fields(told: Mapping[str, Any]) -> Table:
    """Return an object's fields, a line each."""
    shown = Table(box=None, pad_edge=False, show_header=False, padding=(0, _GAP, 0, 0))
    for name, value in told.items():
        shown.add_row(Text(name, style="dim"), said(value))
    return shown


def _is_told(told: Mapping[str, Any], name: str, value: Any) -> bool:
    """Leave out what the first line says already, and lists that are empty."""
    if name in {"return_result", "count"} or value is None or value == []:
        return False
    many = "\n" in str(told.get("return_result"))  # it is a table itself
    return bool(value != told.get("return_result")) and not (many and _is_records(value))


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _is_plain(found: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Whether a column says something, and that in a few words."""
    values = [record.get(name) for record in found]
    return any(values) and all(isinstance(value, str | int | float | None) for value in values)
