"""HTTP/1.0 and HTTP/1.1 as the toolstack speaks them, on top of uvicorn's parser."""

import asyncio
import re

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from simulator import http_errors
from simulator.http_app import CONNECTION, HEADER_LIMIT, HttpApplication

_UPGRADE = re.compile(rb"(?<=\n)upgrade(?=[ \t]*:)", re.IGNORECASE)
_IGNORED = b"x-other"
_HAS_BODY = frozenset({b"content-length", b"transfer-encoding"})
_STATUS = slice(len(b"HTTP/1.1 "), len(b"HTTP/1.1 200"))


class AnswerTransport(asyncio.Transport):
    """The transport of one answer; its status line is the toolstack's."""

    def __init__(self, transport: asyncio.Transport, version: str) -> None:
        super().__init__()
        self._transport = transport
        self._version = version
        self._begun = False

    def write(self, data: bytes) -> None:  # type: ignore[override]  # uvicorn writes bytes only
        """Send a part of the answer."""
        if not self._begun:
            self._begun = True
            _, _, rest = data.partition(b"\r\n")
            data = http_errors.status_line(int(data[_STATUS]), self._version) + rest
        self._transport.write(data)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def is_closing(self) -> bool:
        """Return whether the connection is closed, or will be."""
        return self._transport.is_closing()


class Protocol(HttpToolsProtocol):
    """HTTP protocol that registers its connection with the application."""

    def __init__(self, app: HttpApplication, config: uvicorn.Config, state: ServerState) -> None:
        super().__init__(config, state, {})
        self._app = app
        self._body_without_length = False
        self._in_headers = True
        self._received = b""
        self._header_size: int | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent has it
        """Register a new connection."""
        super().connection_made(transport)
        self._timeouts = self._app.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._app.connections.remove(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Restart the timeout of a read; headers that never end are refused before they do."""
        self._timeouts.restart_read()
        self._received = data
        super().data_received(self._without_upgrade(data))
        if self._header_size is not None:
            self._header_size += len(data)
            if self._header_size > HEADER_LIMIT and not self.transport.is_closing():
                self._refuse(http_errors.answer(431))

    def on_message_complete(self) -> None:
        """Expect the headers of another request."""
        self._in_headers = True
        super().on_message_complete()

    def on_message_begin(self) -> None:
        """Show the application the connection of a request."""
        super().on_message_begin()
        self._header_size = 0
        self.scope["extensions"] = {CONNECTION: self.transport}  # type: ignore[dict-item]  # an object, not plain data

    def on_headers_complete(self) -> None:
        """Answer in the version of the request, and without `100 Continue`."""
        self._timeouts.stop()
        self._in_headers = False
        self._header_size = None
        super().on_headers_complete()
        named = {name for name, _ in self.headers}
        self._body_without_length = self.scope["method"] == "POST" and not named & _HAS_BODY
        version = "1.0" if self.scope["http_version"] == "1.0" else "1.1"
        self.cycle.transport = AnswerTransport(self.transport, version)
        self.cycle.waiting_for_100_continue = False
        self.cycle.keep_alive = True  # unless the application closes

    def _without_upgrade(self, data: bytes) -> bytes:
        """Hide an offer to change the protocol from the parser, which would drop the body."""
        if not self._in_headers:
            return data
        head, end, rest = data.partition(b"\r\n\r\n")
        return _UPGRADE.sub(_IGNORED, head) + end + rest

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP; the application refuses a body without a length."""
        del msg
        if not self._body_without_length:
            self._refuse(http_errors.to_unparsed(self._received))

    def _refuse(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.transport.close()
