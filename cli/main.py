"""The way in: one command, one exit code, no stack trace unless `--debug`."""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import typer

from cli import command_tree

_ENDINGS = "cli.exit_codes"  # imported when something ends badly: it knows all our errors
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Do one command; return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        ended = command_tree.root()(words, prog_name="xenflow", standalone_mode=False)
    except typer.exceptions.TyperException as wrong:
        return _misused(wrong, words)
    except typer.Abort:
        return _INTERRUPTED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        return _nobody_reads()
    except Exception as error:  # noqa: BLE001 - the outermost frame of the command
        return _ended(error, debug="--debug" in words)
    return int(ended or 0)


def _ended(error: Exception, *, debug: bool) -> int:
    """Return an error in words; options may not be read yet, so `debug` is from the words."""
    endings: Any = importlib.import_module(_ENDINGS)
    ending = endings.ending_of(error)
    if debug and not isinstance(error, endings.Stop):
        sys.stderr.write("".join(traceback.format_exception(error)))
    sys.stderr.write("".join(f"{line}\n" for line in ending.lines()))
    return int(ending.code)


def _misused(wrong: "typer.exceptions.TyperException", words: Sequence[str]) -> int:
    context: typer.Context | None = getattr(wrong, "ctx", None)
    sys.stderr.write(f"xenflow: {_said(wrong, words)}\n")
    if context is not None:
        sys.stderr.write(f"Next: {context.command_path} --help\n")
    return wrong.exit_code


def _said(wrong: "typer.exceptions.TyperException", words: Sequence[str]) -> str:
    """Say what is wrong, save that a password which somebody wrote is not repeated."""
    said = wrong.format_message()
    if "--password" in words and "extra argument" in said:
        return "--password takes no value: it is asked for, or read by --password-stdin"
    return said


def _nobody_reads() -> int:
    """End quietly when the reader of our output has gone, the interpreter's last flush too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
