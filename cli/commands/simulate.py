"""`xenflow simulate`: the simulator's own command line, passed on to."""

import importlib
from typing import Any

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli.exit_codes import Code, CommandFailed

_ANOTHER_PORT = "end what listens there, or name another by --port; 0 takes a free one"
_RAW = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def command(name: str) -> TyperCommand:
    """Return `xenflow simulate`."""
    return commands.make(name, simulate, _RAW)


def simulate(context: typer.Context) -> int:
    """Simulate a pool of XenServers until SIGTERM; all options are the simulator's."""
    simulator: Any = importlib.import_module("simulator.main")
    try:
        simulator.run(context.args, prog="xenflow simulate")
    except simulator.UsageError as error:
        raise CommandFailed(Code.USAGE, str(error)) from None
    except simulator.ListenError as error:
        raise CommandFailed(Code.FAILED, str(error), _ANOTHER_PORT) from None
    return Code.DONE
