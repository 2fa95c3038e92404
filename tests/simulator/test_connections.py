"""Clients that are slow, silent, or too many."""

import http.client
import json
import socket
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

TIMEOUT = 20.0
LINE = b"POST /jsonrpc HTTP/1.1\r\n"


@pytest.fixture
def connect(served: Any) -> Iterator[Any]:
    """Open connections that are closed at the end."""
    opened = []

    def run() -> socket.socket:
        address = urllib.parse.urlsplit(served.url)
        opened.append(socket.create_connection((address.hostname, address.port), TIMEOUT))
        return opened[-1]

    yield run
    for each in opened:
        each.close()


@pytest.fixture
def kept(served: Any) -> Iterator[http.client.HTTPConnection]:
    """Return a kept-open connection that has made a request."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(served.url).netloc, timeout=20)
    _ask(connection)
    yield connection
    connection.close()


def _ask(connection: http.client.HTTPConnection, order: str = "stats") -> dict[str, Any]:
    connection.request("POST", "/control", json.dumps({"do": order}))
    return dict(json.loads(connection.getresponse().read()))


def _rest(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    read = b""
    while more := connection.recv(65536):
        read += more
    return read


@pytest.mark.parametrize("begin", [b"", LINE, LINE + b"Content-Length: 5\r\n"])
def test_a_silent_client_is_cut(control: Any, connect: Any, begin: bytes) -> None:
    """With 408, when a read of the first headers takes too long."""
    control("limits", header_read=0.05)
    silent = connect()
    silent.sendall(begin)

    reported = _rest(silent)

    assert reported.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in reported
    assert b"text/html" in reported


def test_a_slow_client_is_cut(control: Any, connect: Any) -> None:
    """All reads of the first headers together may take so long."""
    control("limits", header_total=0.05)
    slow = connect()
    slow.sendall(LINE)

    assert _rest(slow).startswith(b"HTTP/1.1 408 ")


def test_a_kept_open_connection_may_be_silent(
    control: Any, connect: Any, kept: http.client.HTTPConnection
) -> None:
    """The limits are for the first headers only."""
    control("limits", header_read=0.05, header_total=0.05)
    assert _rest(connect()).startswith(b"HTTP/1.1 408 ")

    assert _ask(kept)["connections"]["open"] == 1


def test_connections_beyond_the_limit_wait_in_a_queue(
    control: Any, connect: Any, kept: http.client.HTTPConnection
) -> None:
    """Nothing is read from them until another is closed."""
    control("limits", connections=1)
    third = connect()
    body = json.dumps({"do": "stats"}).encode()
    third.sendall(b"POST /control HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    while _ask(kept)["connections"] != {"open": 1, "waiting": 1}:
        pass

    kept.close()

    reported = json.loads(_rest(third).partition(b"\r\n\r\n")[2])
    assert reported["connections"] == {"open": 1, "waiting": 0}


def test_one_that_gives_up_in_the_queue_is_forgotten(
    control: Any, connect: Any, kept: http.client.HTTPConnection
) -> None:
    """It is forgotten when its place in the queue comes."""
    control("limits", connections=1)
    first, second = connect(), connect()
    while _ask(kept)["connections"]["waiting"] != 2:
        pass
    first.close()
    body = json.dumps({"do": "stats"}).encode()
    second.sendall(b"POST /control HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    kept.close()

    reported = json.loads(_rest(second).partition(b"\r\n\r\n")[2])
    assert reported["connections"] == {"open": 1, "waiting": 0}
