"""Passwords: asked for or read from standard input, and sealed before they leave the process."""

import sys
from collections.abc import Mapping
from typing import Any

import typer
from pydantic import SecretStr

from cli.exit_codes import Code, CommandFailed
from cli.options import RunOptions
from config import sealing


def sealed(hostname: str, user: str, *, protocol: str, port: int | None) -> str:
    """Return a password for an address and user, sealed; it is asked for where a person types."""
    secret = _ask(hostname, user) if sys.stdin.isatty() else _read()
    where = sealing.address(hostname, protocol=protocol, port=port)
    return sealing.seal(secret, address=where, user=user)


def with_password(fields: Mapping[str, Any], options: RunOptions) -> dict[str, Any]:
    """Return a message with its sealed password, where its connection fields need one."""
    given = dict(fields)
    host, user = given.get("hostname"), given.get("username")
    if host is None or "password" in given:
        return given
    if user is None:
        raise CommandFailed(Code.USAGE, "--hostname needs --username too")
    secret = _secret(str(host), str(user), options)
    port = str(given.get("port") or "")
    where = sealing.address(
        str(host),
        protocol=str(given.get("protocol") or "https"),
        port=int(port) if port.isdecimal() else None,
    )
    return {**given, "password": sealing.seal(secret, address=where, user=str(user))}


def _secret(host: str, user: str, options: RunOptions) -> SecretStr:
    if options.password_stdin:
        return _read()
    if options.ask_password or sys.stdin.isatty():
        return _ask(host, user)
    raise CommandFailed(Code.USAGE, "--hostname needs a password: pass it by --password-stdin")


def _ask(host: str, user: str) -> SecretStr:
    return SecretStr(typer.prompt(f"Password of {user} at {host}", hide_input=True, err=True))


def _read() -> SecretStr:
    text = sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise CommandFailed(Code.USAGE, "there is no password on standard input")
    return SecretStr(text)
