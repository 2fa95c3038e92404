"""HTTP's own rules: versions, connections, lengths, headers."""

import json
import socket
import urllib.parse
from typing import Any

import pytest

from simulator.server import Served


@pytest.fixture
def session(served: Served) -> str:
    """Open a session of root, in the process."""
    return served.pool.sessions.login("root", "xenflow", "", served.pool.coordinator)


@pytest.fixture
def call(session: str) -> bytes:
    """Return the body of a JSON-RPC call."""
    return json.dumps({"method": "pool.get_all", "params": [session], "id": 1}).encode()


def _connect(served: Served) -> socket.socket:
    address = urllib.parse.urlsplit(served.url)
    return socket.create_connection((address.hostname, address.port), timeout=20)


def _answer(connection: socket.socket) -> bytes:
    """Read one answer, whose length its header states."""
    stream = connection.makefile("rb")
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += stream.readline()
    length = next(
        int(line.split(b":")[1]) for line in head.splitlines() if b"content-length" in line
    )
    return head + stream.read(length)


def test_http_1_0_keeps_a_connection_alive_where_asked(served: Served, call: bytes) -> None:
    """Two calls of HTTP/1.0 with keep-alive use one connection."""
    head = b"POST /jsonrpc HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n"
    with _connect(served) as connection:
        for _ in range(2):
            connection.sendall(head % len(call) + call)
            answer = _answer(connection)
            assert b"connection: keep-alive" in answer
            assert b'"error":null' in answer


def test_a_body_without_a_length_is_an_internal_error(served: Served, call: bytes) -> None:
    """F015: a body in the same packet as headers without Content-Length makes no difference."""
    with _connect(served) as connection:
        connection.sendall(b"POST /jsonrpc HTTP/1.1\r\nHost: x\r\n\r\n" + call)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"content-type: text/html" in answer
    assert b"Additional information" in answer


def test_text_that_is_no_http_is_a_bad_request(served: Served) -> None:
    """Bytes that do not parse as HTTP are refused with 400."""
    with _connect(served) as connection:
        connection.sendall(b"no http at all\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_of_two_headers_with_the_same_name_the_first_counts(served: Served, session: str) -> None:
    """The first of two `X-Http-Other-Config-A` headers goes into the task."""
    vm = served.pool.db.where("VM", name_label="web02")[0]
    params = [session, vm, False, False]
    body = json.dumps({"method": "Async.VM.start", "params": params, "id": 1}).encode()
    headers = b"X-Http-Other-Config-A: first\r\nX-Http-Other-Config-A: second\r\n"
    head = b"POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(body)
    with _connect(served) as connection:
        connection.sendall(head + headers + b"\r\n" + body)
        task: Any = json.loads(_answer(connection).split(b"\r\n\r\n", 1)[1])["result"]

    assert served.pool.db.get("task", task)["other_config"] == {"http:a": "first"}
