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


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_offer_to_change_the_protocol_is_ignored(
    served: Served, call: bytes, version: bytes
) -> None:
    """Java's client makes it with every first request over plain HTTP."""
    head = (
        b"POST /jsonrpc HTTP/%s\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: %d\r\n"
        b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n\r\n"
    )
    with _connect(served) as connection:
        connection.sendall(head % (version, len(call)) + call)

        assert b'"error":null' in _answer(connection)


def test_a_body_without_a_length_is_an_internal_error(served: Served, call: bytes) -> None:
    """F015: A body in the same packet as headers without Content-Length makes no difference."""
    with _connect(served) as connection:
        connection.sendall(b"POST /jsonrpc HTTP/1.1\r\nHost: x\r\n\r\n" + call)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"content-type: text/html" in answer
    assert b"Additional information" in answer


@pytest.mark.parametrize(
    ("request_line", "status", "text"),
    [
        (b"no http at all", b"500 Internal Error", b"The HTTP headers could not be parsed."),
        (b"FETCH / HTTP/1.1", b"501 Method not implemented", b"Unknown FETCH not supported."),
        (b"DELETE / HTTP/1.1", b"501 Method not implemented", b"Unknown DELETE not supported."),
        (b"PUT /nowhere HTTP/1.1", b"403 Forbidden", b"HTTP 403 forbidden"),
    ],
)
def test_what_finds_no_door_closes_the_connection(
    served: Served, request_line: bytes, status: bytes, text: bytes
) -> None:
    """The page says why; no origin may read it."""
    with _connect(served) as connection:
        connection.sendall(request_line + b"\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 %s\r\n" % status)
    assert b"\r\nconnection: close\r\n" in answer
    assert b"access-control" not in answer
    assert text in answer


def test_headers_without_an_end_are_refused_early(served: Served) -> None:
    """A very long path is refused with 431 although its request is not whole."""
    with _connect(served) as connection:
        connection.sendall(b"POST /" + b"x" * 5000)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"POST /jsonrpc?a=b HTTP/1.1\r\n", True),
        (b"POST /jsonrpc HTTP/1.1\r\nConnection: close, TE\r\n", True),
        (b"POST /jsonrpc HTTP/1.1\r\nCONNECTION: Close\r\n", False),
        (b"POST /jsonrpc HTTP/1.1\r\nExpect: 100-continue\r\n", True),
        (b"POST /jsonrpc HTTP/1.0\r\n", False),
        (b"POST /jsonrpc HTTP/1.0\r\nConnection: Keep-Alive\r\n", True),
    ],
)
def test_a_call_is_answered_in_its_version(
    served: Served, call: bytes, head: bytes, *, kept: bool
) -> None:
    """No Host is needed; only a whole `Connection: close` closes; no 100 is sent."""
    with _connect(served) as connection:
        connection.sendall(head + b"CONTENT-LENGTH: %d\r\n\r\n" % len(call) + call)
        answer = _answer(connection)

    version = head.split(b"HTTP/")[1][:3]
    assert answer.startswith(b"HTTP/%s 200 OK\r\ncontent-length: " % version)
    assert (b"connection: keep-alive" in answer) == kept


def test_requests_that_do_not_wait_are_answered_in_their_order(served: Served, call: bytes) -> None:
    """Three calls in one packet are answered one after the other."""
    head = b"POST /jsonrpc HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
    calls = [call.replace(b'"id": 1', b'"id": %d' % number) for number in (7, 8, 9)]
    with _connect(served) as connection:
        connection.sendall(b"".join(head % len(each) + each for each in calls))
        stream = connection.makefile("rb")
        found, length = [], 0
        for _ in calls:
            while (line := stream.readline()) != b"\r\n":
                length = int(line.split(b":")[1]) if b"content-length" in line else length
            found.append(json.loads(stream.read(length))["id"])

    assert found == [7, 8, 9]


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
