"""Sockets whose time limit is for a whole answer, not for each piece of it.

An ordinary time limit starts anew with every byte that trickles in, so a server that sends slowly
enough could hold a worker for hours.
"""

import socket
import ssl
import time
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection

from xenserver import permission


class _Socket(socket.socket):
    """Counts its time limit from the moment it is set."""

    _until: float | None = None

    def settimeout(self, value: float | None, /) -> None:
        super().settimeout(value)
        self._until = None if value is None else time.monotonic() + value

    def sendall(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - handed through as given
        permission.ask()
        super().sendall(*args, **options)

    def recv_into(self, *args: Any, **options: Any) -> int:  # noqa: ANN401 - handed through as given
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer took too long")
            super().settimeout(left)
        return super().recv_into(*args, **options)


class _TlsSocket(_Socket, ssl.SSLSocket):
    """The same, encrypted."""


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _Socket(fileno=super()._new_conn().detach())


class _Connections(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


def hold_to(manager: urllib3.PoolManager, context: ssl.SSLContext) -> None:
    """Make the manager's connections, plain ones and those of the context, keep whole limits."""
    context.sslsocket_class = _TlsSocket
    https = manager.pool_classes_by_scheme["https"]
    manager.pool_classes_by_scheme = {"http": _Connections, "https": https}
