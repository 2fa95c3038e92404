"""Run a command: one exit code, and no stack trace unless `--debug` is given."""

import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from cli import command_tree, parameters
from cli.exit_codes import Code, CommandFailed, Failure
from cli.options import format_of

_REPORTS = "cli.failure_reports"  # imported when a command fails: it knows all errors
_OUTPUT = "cli.output"
_NO_VALUE = (
    "--password takes no value: the password is prompted for, or read by --password-stdin; "
    "nothing may follow it"
)

_WORDS_OF_PYDANTIC = {  # typer checks values by it
    "Value error, ": "",
    "Input should be greater than or equal to": "must be at least",
    "Input should be less than or equal to": "must be at most",
    "Input should be a valid integer": "must be a whole number",
    "Input should be": "must be",
    ", unable to parse string as an integer": "",
    ", unable to parse string as a number": "",
}


def run(words: Sequence[str]) -> int:
    """Run a command; return its exit code."""
    _prepare_streams()
    code = _run(words or ["--help"])
    return code if _is_written() else code or Code.FAILED


def _run(words: Sequence[str]) -> int:
    if _names_a_password(words):
        return _fail(_with_next_step(Failure(Code.USAGE, _NO_VALUE), words), words)
    try:
        ended = command_tree.root()(words, prog_name="xenflow", standalone_mode=False)
    except typer.exceptions.TyperException as error:
        return _fail(_with_next_step(_usage(error), words), words)
    except typer.Abort:
        raise KeyboardInterrupt from None  # the end of what is typed
    except BrokenPipeError:
        return _reader_is_gone()
    except Exception as error:  # noqa: BLE001 - the outermost frame of the command
        return _fail(_failure_of(error, words), words, getattr(error, "document", None))
    if ended == Code.INTERRUPTED:  # typer makes that of Ctrl-C
        raise KeyboardInterrupt
    return int(ended or 0)


def _prepare_streams() -> None:
    """Discard output to a closed stream, and escape what its encoding lacks."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - stays open
        if isinstance(getattr(sys, name), io.TextIOWrapper):
            getattr(sys, name).reconfigure(errors="backslashreplace")


def _failure_of(error: Exception, words: Sequence[str]) -> Failure:
    """Return the failure of an error; options may not be read yet, so `--debug` is in the words."""
    if isinstance(error, CommandFailed):
        return _with_next_step(error.failure, words)
    if "--debug" in words:
        sys.stderr.write("".join(traceback.format_exception(error)))
    reports: Any = importlib.import_module(_REPORTS)
    failure: Failure = reports.failure_of(error)
    return failure


def _fail(failure: Failure, words: Sequence[str], document: Any = None) -> int:
    """Write a failure to standard error, and for programs to standard output too."""
    chosen = format_of(words)
    is_twice = chosen.for_programs and sys.stdout.isatty() and sys.stderr.isatty()
    if failure.code is Code.INTERRUPTED and sys.stderr.isatty():
        sys.stderr.write("\n")  # the terminal has written ^C
    with suppress(OSError):  # one of the streams may be what failed
        if not is_twice:
            importlib.import_module(_OUTPUT).note("\n".join(failure.lines()))
    if chosen.for_programs:
        with suppress(OSError, CommandFailed):
            importlib.import_module(_OUTPUT).write_data(document or failure.document(), chosen)
    return int(failure.code)


def _usage(error: "typer.exceptions.TyperException") -> Failure:
    context: typer.Context | None = getattr(error, "ctx", None)
    next_step = f"{context.command_path} --help" if context is not None else ""
    text = error.format_message()
    for theirs, ours in _WORDS_OF_PYDANTIC.items():
        text = text.replace(theirs, ours)
    text = parameters.with_range(text, getattr(error, "param", None))
    return Failure(Code(error.exit_code), text, next_step)


def _with_next_step(failure: Failure, words: Sequence[str]) -> Failure:
    """Return a failure of usage with the command that shows the usage."""
    if failure.code is not Code.USAGE or failure.next_step:
        return failure
    return replace(failure, next_step=f"{command_tree.path(words)} --help")


def _names_a_password(words: Sequence[str]) -> bool:
    """Whether somebody wrote a password: then nothing is read, and nothing is repeated.

    The password of a simulated pool opens nothing.
    """
    if words[0] == "simulate":
        return False
    following = zip(words, [*words[1:], "-"], strict=True)
    return any(word == "--password" and not after.startswith("-") for word, after in following)


def _reader_is_gone() -> int:
    """End quietly when nobody reads our output any more, the interpreter's last flush included."""
    _discard_output()
    return Code.FAILED


def _is_written() -> bool:
    """Whether standard output took everything; else drop it, as the interpreter's end writes it."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()
        return False
    return True


def _discard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
