"""Passwords: asked for or read from standard input, and sealed before they leave the process."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from typer.core import TyperCommand

from cli import output, single_command
from cli.exit_codes import Code, Stop
from cli.options import Debug, Manner
from config import sealing


def command(name: str) -> TyperCommand:
    """Return `xenflow seal`."""
    return single_command.command(name, seal)


def seal(
    hostname: Annotated[str, typer.Option(help="the XenServer host it is for")],
    username: Annotated[str, typer.Option(help="who logs in with it")] = "root",
    debug: Debug = False,  # noqa: FBT002, ARG001 - an option of the command line, read by entry.py
) -> int:
    """Seal a password for one host and user; it is asked for, or read from standard input."""
    secret = _asked(hostname, username) if sys.stdin.isatty() else _read()
    output.line(sealing.seal(secret, host=hostname, user=username))
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
    return {**given, "password": sealing.seal(secret, host=str(host), user=str(user))}


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
