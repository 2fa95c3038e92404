"""`xenflow simulate`: the simulator's own command line, passed on to."""

import importlib

import typer
from typer.core import TyperCommand

from cli import command as commands

_RAW = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def command(name: str) -> TyperCommand:
    """Return `xenflow simulate`."""
    return commands.make(name, simulate, _RAW)


def simulate(context: typer.Context) -> int:
    """Simulate a pool of XenServers until SIGTERM; all options are the simulator's."""
    return int(importlib.import_module("simulator.main").main(context.args))
