"""A server that does what no XenServer would."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

Reply = Callable[[socket.socket], None]


def answer(body: bytes, status: str = "200 OK") -> Reply:
    """Make a server that answers every request so."""
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    return raw(head + body)


def raw(sent: bytes) -> Reply:
    """Make a server that sends these bytes whatever is asked, and hangs up."""

    def reply(client: socket.socket) -> None:
        receive(client)
        client.sendall(sent)

    return reply


def receive(client: socket.socket) -> bytes:
    """Read one request to its end; return its body."""
    with client.makefile("rb") as stream:
        length = 0
        while line := stream.readline().strip().lower():
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return stream.read(length)


class Server:
    """A server that misbehaves, one connection after the other."""

    def __init__(self, reply: Reply, certificate: Path | None) -> None:
        self._reply = reply
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = _context(certificate)
        self._thread = threading.Thread(target=self._serve)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop serving."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                with suppress(OSError), self._secured(client) as stream:
                    self._reply(stream)

    def _secured(self, client: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(client, server_side=True) if self._tls else client


def _context(certificate: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
