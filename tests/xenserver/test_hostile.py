"""Servers that answer what no XenServer would: each ends in a named error, within its time."""

import itertools
import socket
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.xenserver.misbehaving import Reply, answer, raw, receive
from xenserver import errors, http_client, transport

Carrier = transport.Transport
Misbehave = Callable[[Reply], str]


def _ask(carrier: Carrier, url: str, timeout: float = 5.0) -> errors.XenflowError:
    with pytest.raises(errors.XenflowError) as caught:
        carrier.call(url, "VM.get_record", ["session", "vm"], headers=None, timeout=timeout)
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>hello</html>",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b'{"result": 1}',
        b'{"jsonrpc": "2.0", "id": 2, "result": "of another"}',
        b'{"error": {"code": 1}, "id": 1}',
        b'{"error": [], "id": 1}',
        b"[" * 100_000,
        b"<methodResponse><params></params></methodResponse>",
        b"<methodResponse><params><param><value>text</value></param></params></methodResponse>",
        b"<methodResponse><fault><value>no</value></fault></methodResponse>",
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><methodResponse>&a;</methodResponse>",
        b"<methodResponse>" + b"<params><param><value><array><data>" * 20_000,
    ],
)
def test_an_answer_in_another_shape_is_named_as_such(
    carrier: Carrier, misbehave: Misbehave, body: bytes
) -> None:
    assert _ask(carrier, misbehave(answer(body))).code == "XENFLOW_REPLY_INVALID"


@pytest.mark.parametrize("status", ["302 Found", "404 Not Found", "500 Internal Error"])
def test_an_http_status_other_than_200_is_named(
    carrier: Carrier, misbehave: Misbehave, status: str
) -> None:
    """XenServer's own failures come with 200; anything else is no answer of its API."""
    error = _ask(carrier, misbehave(answer(b"", status)))

    assert error.code == "XENFLOW_REPLY_INVALID"
    assert status in str(error)


def test_a_redirect_is_not_followed(carrier: Carrier, misbehave: Misbehave) -> None:
    """What is sent holds a session or a password, and goes to no third party."""
    asked: list[bytes] = []
    elsewhere = misbehave(lambda client: asked.append(receive(client)))
    moved = f"HTTP/1.1 307 Elsewhere\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n"

    error = _ask(carrier, misbehave(raw(moved.encode())))

    assert (error.code, asked) == ("XENFLOW_REPLY_INVALID", [])


@pytest.mark.parametrize(
    "sent", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1"]
)
def test_an_answer_that_breaks_off_may_have_been_heard(
    carrier: Carrier, misbehave: Misbehave, sent: bytes
) -> None:
    """The call was sent, so it may have been executed."""
    error = _ask(carrier, misbehave(raw(sent)))

    assert isinstance(error, errors.Unreachable)
    assert error.code == "XENFLOW_ANSWER_LOST"
    assert error.maybe_heard


def _silent(client: socket.socket) -> None:
    while client.recv(65536):
        pass


def _trickle(head: bytes) -> Reply:
    def send(client: socket.socket) -> None:
        receive(client)
        client.sendall(head)
        client.settimeout(0.05)
        for _count in itertools.count():
            client.sendall(b"x")
            with suppress(TimeoutError):
                if not client.recv(1):
                    return

    return send


@pytest.mark.parametrize(
    "reply",
    [
        _silent,
        _trickle(b"HTTP/1.1 200 OK\r\nx-header: "),
        _trickle(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"),
    ],
    ids=["silent", "header by byte", "body by byte"],
)
def test_a_time_limit_is_for_the_whole_answer(
    carrier: Carrier, misbehave: Misbehave, reply: Reply
) -> None:
    """A server that sends a byte now and then blocks no longer than a silent one."""
    assert _ask(carrier, misbehave(reply), timeout=0.3).code == "XENFLOW_NO_ANSWER"


def test_an_answer_too_large_is_refused(
    carrier: Carrier, misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is not filled by what a server cares to send."""
    monkeypatch.setattr(http_client, "LARGEST", 1000)

    error = _ask(carrier, misbehave(answer(b"x" * 2000)))

    assert (type(error), error.code) == (errors.Refused, "XENFLOW_REPLY_TOO_LARGE")


def test_a_closed_port_was_surely_not_heard(carrier: Carrier) -> None:
    """If the port is closed, the call can be repeated safely."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    error = _ask(carrier, f"http://127.0.0.1:{port}")

    assert isinstance(error, errors.Unreachable)
    assert (error.code, error.maybe_heard) == ("XENFLOW_UNREACHABLE", False)


def test_a_text_that_cannot_be_sent_is_refused_before_it_is_sent(carrier: Carrier) -> None:
    """Half a surrogate pair is not text in either dialect."""
    with pytest.raises(errors.Refused, match="XENFLOW_MESSAGE_INVALID"):
        carrier.call("http://127.0.0.1:9", "VM.f", ["\ud800"], headers=None, timeout=1.0)
