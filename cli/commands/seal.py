"""`xenflow seal`: a password, sealed for a message."""

import importlib
from enum import StrEnum
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli.exit_codes import Code, CommandFailed


class Protocol(StrEnum):
    """How a host is reached."""

    HTTPS = "https"
    HTTP = "http"


def command(name: str) -> TyperCommand:
    """Return `xenflow seal`."""
    return commands.make(name, seal)


def seal(
    hostname: Annotated[str, typer.Option(help="the XenServer host that it is for")],
    username: Annotated[str, typer.Option(help="who logs in with it")] = "root",
    protocol: Annotated[
        Protocol, typer.Option(case_sensitive=False, help="how the host is reached")
    ] = Protocol.HTTPS,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="default: 443, or 80 for http")
    ] = None,
) -> int:
    """Seal a password for one address and user; it is prompted for, or read from standard input."""
    for option, text in (("--hostname", hostname), ("--username", username)):
        if not text.strip():
            raise CommandFailed(Code.USAGE, f"{option}: must not be empty")
    passwords = importlib.import_module("cli.passwords")
    sealed = passwords.sealed(hostname, username, protocol=protocol, port=port)
    importlib.import_module("cli.output").line(sealed)
    return Code.DONE
