"""`xenflow doctor`: what is wrong with this installation, worst first, and what cures it."""

import importlib

from typer.core import TyperCommand

from cli import command as commands
from cli.options import OutputOptions


def command(name: str) -> TyperCommand:
    """Return `xenflow doctor`."""
    return commands.make(name, doctor)


def doctor(*, options: OutputOptions) -> int:
    """Check Redis, processes, clocks, targets and the journal; print what is wrong, worst first.

    The exit code is 1 where something is broken.
    """
    return int(importlib.import_module("cli.doctor_report").show(options))
