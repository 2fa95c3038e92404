"""`xenflow metrics`: the metrics of an installation, for Prometheus."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli.exit_codes import Code, CommandFailed

_MOST = 65_535  # the highest port
_DIGITS = 10  # of a number, however many zeros it begins with


def command(name: str) -> TyperCommand:
    """Return `xenflow metrics`."""
    return commands.make(name, metrics)


def metrics(
    *,
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="serve them at /metrics on this address, until SIGTERM or Ctrl-C",
        ),
    ] = None,
) -> int:
    """Print the metrics of the whole installation once, in the text format of Prometheus.

    One exporter is enough: all is read from Redis. Anyone who can reach it needs no password.
    """
    where = _address(listen) if listen is not None else None
    output = importlib.import_module("cli.metrics_output")
    return int(output.serve(*where) if where else output.show())


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not (colon and host and port.isdecimal() and len(port) < _DIGITS and int(port) <= _MOST):
        text = (
            f"--listen {listen} is not an address: write HOST:PORT, with a port from 0 to {_MOST}"
        )
        raise CommandFailed(Code.USAGE, text, "xenflow metrics --listen 127.0.0.1:9808")
    return host.strip("[]"), int(port)
