"""The proxy injects the network faults that it says, and nothing else."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import Queue

import pytest

from tests.chaos.proxy import LOOPBACK, Proxy

TIMEOUT = 30.0  # seconds until a hang is named


class Echo:
    """A server that answers each line with itself, and remembers what it heard."""

    def __init__(self) -> None:
        self.heard: Queue[bytes] = Queue()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept nobody any more."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            for line in lines:
                self.heard.put(line)
                connection.sendall(line)


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as proxy:
        yield proxy


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection((LOOPBACK, proxy.port), timeout=TIMEOUT)


def say(client: socket.socket, line: bytes) -> bytes:
    client.sendall(line)
    with suppress(ConnectionError):
        return client.recv(len(line))
    return b""


def test_it_passes_on_both_ways(proxy: Proxy) -> None:
    with connect(proxy) as client:
        assert say(client, b"hello\n") == b"hello\n"


def test_latency_changes_nothing_but_the_time(proxy: Proxy) -> None:
    with proxy.latency(0.01), connect(proxy) as client:
        assert [say(client, b"one\n"), say(client, b"two\n")] == [b"one\n", b"two\n"]


def test_a_cut_resets_connections_and_refuses_new_ones(proxy: Proxy) -> None:
    with connect(proxy) as client:
        assert say(client, b"before\n")
        with proxy.cut():
            assert client.recv(1) == b""
            with connect(proxy) as other:
                assert say(other, b"during\n") == b""
    with connect(proxy) as client:
        assert say(client, b"after\n") == b"after\n"


def test_a_black_hole_delays_those_who_wait(proxy: Proxy, echo: Echo) -> None:
    """Their connection is the same when it is over."""
    with connect(proxy) as client:
        say(client, b"before\n")
        with proxy.black_hole():
            client.sendall(b"during\n")
        assert client.recv(7) == b"during\n"
    assert [echo.heard.get(timeout=TIMEOUT) for _ in range(2)] == [b"before\n", b"during\n"]


def test_a_black_hole_drops_what_was_given_up(proxy: Proxy, echo: Echo) -> None:
    """Nobody hears of it afterwards."""
    with connect(proxy) as client:
        say(client, b"before\n")
        with proxy.black_hole():
            client.sendall(b"during\n")
            client.close()
    with connect(proxy) as client:
        say(client, b"after\n")
    assert [echo.heard.get(timeout=TIMEOUT) for _ in range(2)] == [b"before\n", b"after\n"]


def test_a_held_request_arrives_though_its_sender_is_gone(proxy: Proxy, echo: Echo) -> None:
    """Only what contains the pattern is held, and only so often."""
    with proxy.hold(b"late", count=1, seconds=0.2):
        with connect(proxy) as client:
            client.sendall(b"late\n")
        with connect(proxy) as client:
            say(client, b"others\n")
    assert {echo.heard.get(timeout=TIMEOUT) for _ in range(2)} == {b"late\n", b"others\n"}
