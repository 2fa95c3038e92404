"""Files and VMs that go from host to host by HTTP: what is fetched, and what is handed out."""

import asyncio
import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from simulator import bundles, preconditions
from simulator.errors import Failure, internal
from simulator.pool import Pool

TIMEOUT = 30.0  # seconds
_SCHEMES = frozenset({"http", "https"})


class UnauthorisedError(Exception):
    """Neither a session nor an account was given that is good."""


def export(pool: Pool, query: str, headers: Mapping[str, str]) -> bytes:
    """Return a halted VM as a file (`GET /export`); raise Failure where it cannot be exported."""
    admit(pool, query, headers)
    asked = _asked(query)
    by_uuid = pool.db.where("VM", uuid=asked.get("uuid", ""))
    vm = by_uuid[0] if by_uuid else asked.get("ref", "")
    preconditions.check(pool.db, "VM", vm, "export")
    return bundles.write(bundles.pack(pool.db, vm))


async def fetch(url: str) -> bytes:
    """Return the content of a URL; redirections are followed."""
    if urlsplit(url).scheme not in _SCHEMES:
        raise internal(f"Failure: {url} is no URL of http or https")
    return await send(urllib.request.Request(url), "IMPORT_ERROR_GENERIC")  # noqa: S310 - checked


async def send(request: urllib.request.Request, code: str) -> bytes:
    """Make an HTTP request in a thread; raise Failure with the code where it fails."""
    try:
        return await asyncio.to_thread(_ask, request)
    except urllib.error.HTTPError as error:
        error.close()
        raise Failure(code, f"{error.code} {error.reason}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Failure(code, str(error)) from error


def _ask(request: urllib.request.Request) -> bytes:
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - checked
        return bytes(answer.read())


def admit(pool: Pool, query: str, headers: Mapping[str, str]) -> None:
    """Refuse who has neither a session nor an account (Basic) of a pool."""
    session = _asked(query).get("session_id", "")
    if session:
        pool.sessions.role(session)
        return
    scheme, _, text = headers.get("authorization", "").partition(" ")
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError as error:
        raise UnauthorisedError from error
    account = pool.sessions.accounts.get(name)
    if scheme.lower() != "basic" or account is None or account.password != password:
        raise UnauthorisedError


def _asked(query: str) -> dict[str, str]:
    return {name: texts[0] for name, texts in parse_qs(query).items()}
