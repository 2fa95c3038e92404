"""Printing: answers go to standard output, everything else to standard error.

Every command that has something to print makes a `Document` and calls `write`: which of the formats
is printed is decided here and nowhere else.
"""

import importlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console, RenderableType

from cli.exit_codes import Code, CommandFailed
from cli.options import Format, OutputOptions

PIPE_WIDTH = 240  # columns where neither COLUMNS nor a terminal says how many there are
INDENT = 2  # columns before the further lines of a message
WIDEST = 10_000  # columns of --wide: nothing is left out or broken


@dataclass(frozen=True)
class Document:
    """What a command prints.

    `data` is the object that programs read; `rows` are what JSON Lines prints, one a line, where
    the object is a list of things; `text` is made for people when it is wanted.
    """

    data: Mapping[str, Any]
    text: Callable[[OutputOptions], RenderableType]
    rows: Sequence[Any] | None = None


def write(document: Document, options: OutputOptions) -> None:
    """Print a document in the format that was chosen."""
    if options.format.for_programs:
        write_data(document.data, options.format, document.rows)
        return
    shown = document.text(options)
    if isinstance(shown, str):
        line(shown)
    else:
        show(shown, wide=options.wide)


def show(shown: RenderableType, *, wide: bool = False) -> None:
    """Print tables and trees; in a pipe without blanks at the ends of lines.

    A line that is longer than the terminal is left to the terminal, and never cut.
    """
    console = out(wide=wide)
    with _reported():
        if console.is_terminal:
            console.print(shown, crop=False)
            return
        with console.capture() as captured:
            console.print(shown, crop=False)
    line("\n".join(each.rstrip() for each in captured.get().rstrip("\n").split("\n")))


def write_data(data: Mapping[str, Any], chosen: Format, rows: Sequence[Any] | None = None) -> None:
    """Print data for programs, and nothing else."""
    match chosen:
        case Format.YAML:
            text = _yaml(data)
        case Format.JSONL:
            text = "".join(_json_line(row) for row in (rows if rows is not None else [data]))
        case _:
            text = _json_line(data)
    _write(text)


def line(text: str) -> None:
    """Print a line as it is, never wrapped or coloured, fit for a script."""
    _write(text + "\n")


def _write(text: str) -> None:
    with _reported():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def _reported() -> Iterator[None]:
    """Report what cannot be written; a reader that went away is left to the caller."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"cannot write to standard output: {error.strerror or error}"
        raise CommandFailed(Code.FAILED, message, "free space, or write elsewhere") from None


def note(text: str) -> None:
    """Write to standard error; on a terminal lines are broken at blanks, and never in a word."""
    shown = [_broken(each) for each in text.split("\n")] if sys.stderr.isatty() else [text]
    sys.stderr.write("\n".join([*shown, ""]))
    sys.stderr.flush()


@contextmanager
def status(options: OutputOptions) -> Iterator[Callable[[str], None]]:
    """Return what shows a line where a person watches, until the block ends."""
    if not options.shows_progress:
        yield lambda _text: None
        return
    with err().status("") as shown:
        yield shown.update


def out(*, wide: bool = False) -> Console:
    """Return the console of answers."""
    return Console(width=WIDEST if wide else width(), highlight=False)


def err() -> Console:
    """Return the console of everything else."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else width(), highlight=False)


def width() -> int:
    """Return the columns there are: COLUMNS, or the terminal's, or many in a pipe."""
    return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns


def _broken(text: str) -> str:
    filled: str = importlib.import_module("textwrap").fill(
        text,
        width(),
        subsequent_indent=" " * INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled


def _yaml(value: Any) -> str:
    """Return a value as YAML: of what it is as JSON, so that both formats take the same values."""
    yaml = importlib.import_module("yaml")  # imported only where it is asked for
    plain = json.loads(json.dumps(value))
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=_speaks_unicode()))


def _json_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=not _speaks_unicode()) + "\n"


def _speaks_unicode() -> bool:
    return "utf" in (sys.stdout.encoding or "utf-8").lower()
