"""Passwords: asked for or read from standard input, and sealed before they leave the process."""

import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from typer.core import TyperCommand

from cli import output, single_command
from cli.exit_codes import Code, Stop
from cli.options import Debug, Manner
from config import sealing


class Protocol(StrEnum):
    """How a host is reached."""

    HTTPS = "https"
    HTTP = "http"


def command(name: str) -> TyperCommand:
    """Return `xenflow seal`."""
    return single_command.command(name, seal)


def seal(
    hostname: Annotated[str, typer.Option(help="the XenServer host it is for")],
    username: Annotated[str, typer.Option(help="who logs in with it")] = "root",
    protocol: Annotated[Protocol, typer.Option(help="how the host is reached")] = Protocol.HTTPS,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="443, or 80 for http, if not said")
    ] = None,
    *,
    debug: Debug = False,  # noqa: ARG001 - read by main.py
) -> int:
    """Seal a password for one address and user; it is asked for, or read from standard input."""
    secret = _asked(hostname, username) if sys.stdin.isatty() else _read()
    where = sealing.address(hostname, protocol=protocol, port=port)
    output.line(sealing.seal(secret, address=where, user=username))
    return Code.DONE


def with_password(fields: Mapping[str, Any], manner: Manner) -> dict[str, Any]:
    """Return a message its sealed password, where its connection fields want one."""
    given = dict(fields)
    host, user = given.get("hostname"), given.get("username")
    if host is None or "password" in given:
        return given
    if user is None:
        raise Stop(Code.USAGE, "--hostname needs --username beside it")
    secret = _secret(str(host), str(user), manner)
    port = str(given.get("port") or "")
    where = sealing.address(
        str(host),
        protocol=str(given.get("protocol") or "https"),
        port=int(port) if port.isdecimal() else None,
    )
    return {**given, "password": sealing.seal(secret, address=where, user=str(user))}


def _secret(host: str, user: str, manner: Manner) -> SecretStr:
    if manner.password_stdin:
        return _read()
    if manner.ask_password or sys.stdin.isatty():
        return _asked(host, user)
    raise Stop(Code.USAGE, "--hostname needs a password: pass it by --password-stdin")


def _asked(host: str, user: str) -> SecretStr:
    return SecretStr(typer.prompt(f"Password of {user} at {host}", hide_input=True, err=True))


def _read() -> SecretStr:
    text = sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise Stop(Code.USAGE, "there is no password on standard input")
    return SecretStr(text)
