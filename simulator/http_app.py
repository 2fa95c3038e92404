"""The HTTP application: paths and HTTP rules around the two RPC dialects (http_svr.ml).

A plain ASGI application. API failures have status 200; every other error closes the connection.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from simulator import cross_pool, exchange, http_errors, jsonrpc, transfers, xmlrpc
from simulator.connections import Connections
from simulator.errors import Failure, internal, invalid_utf8
from simulator.exchange import BadRequestError, Codec, Decoded
from simulator.faults import CONNECTION_FAULTS, Fault
from simulator.pool import Pool
from simulator.rpc import Dispatcher, Request
from simulator.stats import Stats

_log = logging.getLogger(__name__)

CONNECTION = "simulator.connection"
BODY_LIMIT = 307_200
HEADER_LIMIT = 1_024

_ANY_ORIGIN = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-headers", b"X-Requested-With"),
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Controller = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; `cut` stops in its middle."""

    status: int
    kind: bytes
    body: bytes
    extra: tuple[tuple[bytes, bytes], ...] = ()
    closes: bool = False
    cut: bool = False


class RefusedError(Exception):
    """An HTTP error: a status and a page; the connection closes."""

    def __init__(self, status: int, text: str = "", *, realm: str = "") -> None:
        page = http_errors.page(status, text)
        asked = f'Basic realm="{realm}"'.encode()
        extra = ((b"www-authenticate", asked),) if realm else ()
        self.reply = Reply(status, b"text/html", page, extra, closes=True)
        super().__init__(status)


class LostError(Exception):
    """The answer is lost: the connection closes instead."""


class HttpApplication:
    """The ASGI application of one pool."""

    def __init__(
        self, dispatcher: Dispatcher, pool: Pool, stats: Stats, *, speaks_json: bool = True
    ) -> None:
        self._speaks_json = speaks_json
        self.control: Controller | None = None
        self._dispatcher = dispatcher
        self._pool = pool
        self._faults = pool.faults
        self._stats = stats
        self.connections = Connections(pool.limits)
        self._open: dict[asyncio.Task[Any] | None, asyncio.Transport] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = _headers(scope)
        connection: asyncio.Transport = scope["extensions"][CONNECTION]
        with self._counted(connection):
            try:
                reply = await self._reply(scope, headers, receive)
                await _send(reply, headers, scope, send)
            except LostError:
                connection.abort()
                await asyncio.sleep(0)  # so that the server learns of it before we return
            except Exception:
                _log.exception("%s %s", scope["method"], scope["path"])
                raise

    def disconnect(self, *, stop: bool) -> None:
        """Abort every connection but the caller's; `stop` cancels their requests too."""
        asking = asyncio.current_task()
        for connection in self.connections.all():
            if connection is not self._open.get(asking):
                connection.abort()
        for job in list(self._open):
            if stop and job and job is not asking:
                job.cancel()

    @contextmanager
    def _counted(self, connection: asyncio.Transport) -> Iterator[None]:
        job = asyncio.current_task()
        self._open[job] = connection
        self._stats.entered()
        try:
            yield
        finally:
            del self._open[job]
            self._stats.left()

    async def _reply(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> Reply:
        try:
            _check_headers(scope)
            return await self._route(scope, headers, receive)
        except RefusedError as refused:
            return refused.reply

    async def _route(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> Reply:
        match scope["method"]:
            case "OPTIONS" if scope["path"].startswith("/"):
                return _preflight(headers)
            case "GET" if scope["path"] == "/":
                return Reply(200, b"text/html", b"<html><body>XenServer</body></html>")
            case "GET" if scope["path"] == "/export":
                return _handed_out(
                    "VM.export", lambda: transfers.export(self._pool, _query(scope), headers)
                )
            case "PUT" if scope["path"] == "/import_metadata":
                sent = await _body(headers, receive)
                return _handed_out(
                    "VM.metadata_import",
                    lambda: cross_pool.receive(self._pool, _query(scope), headers, sent),
                )
            case "POST":
                body = await _body(headers, receive)
                return await self._post(scope["path"], headers, body, scope["server"][0])
            case method if method not in http_errors.KNOWN_METHODS:
                raise RefusedError(501, http_errors.unknown_method(method))
            case _:
                raise RefusedError(403)

    async def _post(
        self, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> Reply:
        if self.control and path == "/control":
            return await self._command(self.control, body)
        if path.startswith("/jsonrpc") and self._speaks_json:
            return await self._rpc(jsonrpc, headers, body, address)
        return await self._rpc(xmlrpc, headers, body, address)

    async def _command(self, control: Controller, body: bytes) -> Reply:
        try:
            done = await control(body)
        except ValueError as error:
            wrong = orjson.dumps({"error": str(error)})
            return Reply(400, jsonrpc.CONTENT_TYPE, wrong, closes=True)
        return Reply(200, jsonrpc.CONTENT_TYPE, done)

    async def _rpc(
        self, codec: Codec, headers: Mapping[str, str], body: bytes, address: str
    ) -> Reply:
        try:
            body.decode()
            asked = codec.read(body)
        except UnicodeDecodeError:
            return _refused_early(codec, body.decode(errors="replace"))
        except BadRequestError as error:
            raise _internal_error(str(error)) from error
        if found := exchange.prohibited(asked.params):
            return _refused_early(codec, found)
        request = Request(asked.method, asked.params, headers, address)
        return await self._over_the_wire(
            request, lambda: self._answer(asked, request), codec.CONTENT_TYPE
        )

    async def _answer(self, asked: Decoded, request: Request) -> bytes:
        try:
            return asked.success(await self._dispatcher.answer(request))
        except Failure as refusal:
            return asked.failure(refusal)
        except Exception as error:  # noqa: BLE001 - a fault of ours, answered as the toolstack does
            _log.exception("%s failed", request.method)
            self._stats.unforeseen += 1
            return asked.failure(internal(repr(error)))

    async def _over_the_wire(
        self, request: Request, answer: Callable[[], Awaitable[bytes]], kind: bytes
    ) -> Reply:
        """Apply network faults to a call, before or after its effect."""
        fault = self._faults.take(CONNECTION_FAULTS, request.method, request.params)
        if fault and fault.when == "before":
            await _apply(fault)
        body = await answer()
        if fault and fault.when == "after":
            await _apply(fault)
        cut = fault is not None and fault.what == "drop"
        return Reply(200, kind, body, _ANY_ORIGIN, cut=cut)


def _query(scope: Scope) -> str:
    return str(scope["query_string"].decode("latin-1"))


def _handed_out(label: str, content_of: Callable[[], bytes]) -> Reply:
    """Return what an HTTP handler other than of calls answers; its label is shown to strangers."""
    try:
        content = content_of()
    except transfers.UnauthorisedError:
        raise RefusedError(401, realm=label) from None
    except Failure as refusal:
        raise _internal_error(": ".join(refusal.description())) from refusal
    return Reply(200, b"application/octet-stream", content, closes=True)


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers by name; of two with the same name the first counts."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return headers


def _refused_early(codec: Codec, text: str) -> Reply:
    return Reply(200, codec.CONTENT_TYPE, codec.early_failure(invalid_utf8(text)))


async def _apply(fault: Fault) -> None:
    match fault.what:
        case "delay":
            await asyncio.sleep(fault.seconds)
        case "lose":
            raise LostError
        case "hang":
            await asyncio.get_running_loop().create_future()


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes:
    length = headers.get("content-length", "")
    if not length.isdigit():
        raise _internal_error('Failure("We require a content-length: HTTP header")')
    if int(length) > BODY_LIMIT:
        raise _internal_error("Http_svr.Client_requested_size_over_limit")
    parts = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise LostError
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _check_headers(scope: Scope) -> None:
    first_line = len(scope["method"]) + len(scope["raw_path"]) + len(" HTTP/1.1\r\n") + 1
    size = first_line + sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if size > HEADER_LIMIT:
        raise RefusedError(431)


def _preflight(headers: Mapping[str, str]) -> Reply:
    asked = headers.get("access-control-request-headers")
    allowed = "X-Requested-With" if asked is None else f"{asked}, X-Requested-With"
    extra = (
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-headers", allowed.encode("latin-1")),
        (b"access-control-allow-methods", b"PUT"),
    )
    return Reply(200, b"text/html", b"", extra)


def _internal_error(text: str) -> RefusedError:
    return RefusedError(500, http_errors.internal(text))


async def _send(reply: Reply, headers: Mapping[str, str], scope: Scope, send: Send) -> None:
    body = reply.body
    lines = [
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close" if _closes(reply, headers, scope) else b"keep-alive"),
        (b"cache-control", b"no-cache, no-store"),
        (b"content-type", reply.kind),
        *reply.extra,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})
    if reply.cut:
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        raise LostError
    await send({"type": "http.response.body", "body": body})


def _closes(reply: Reply, headers: Mapping[str, str], scope: Scope) -> bool:
    asked = headers.get("connection", "").lower()
    if asked in {"close", "keep-alive"}:
        return reply.closes or asked == "close"
    return reply.closes or scope["http_version"] == "1.0"
