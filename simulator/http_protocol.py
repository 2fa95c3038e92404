"""HTTP/1.0 and HTTP/1.1 as the toolstack speaks them, on top of uvicorn's parser."""

import asyncio

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from simulator.http_app import CONNECTION, HttpApplication

_HAS_BODY = frozenset({b"content-length", b"transfer-encoding"})


class Protocol(HttpToolsProtocol):
    """HTTP protocol that registers its connection with the application."""

    def __init__(self, app: HttpApplication, config: uvicorn.Config, state: ServerState) -> None:
        super().__init__(config, state, {})
        self._app = app
        self._body_without_length = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent has it
        """Register a new connection."""
        super().connection_made(transport)
        self._timeouts = self._app.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._app.connections.remove(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Restart the timeout of a read."""
        self._timeouts.restart_read()
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Show the application the connection of a request."""
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: self.transport}  # type: ignore[dict-item]  # an object, not plain data

    def on_headers_complete(self) -> None:
        """Keep a connection of HTTP/1.0 alive where asked."""
        self._timeouts.stop()
        super().on_headers_complete()
        named = {name for name, _ in self.headers}
        self._body_without_length = self.scope["method"] == "POST" and not named & _HAS_BODY
        if self.scope["http_version"] == "1.0":
            connection = next((value for name, value in self.headers if name == b"connection"), b"")
            self.cycle.keep_alive = b"keep-alive" in connection.lower()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; a body without a length is refused by the application instead."""
        if not self._body_without_length:
            super().send_400_response(msg)
