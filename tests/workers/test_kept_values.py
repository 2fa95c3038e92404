"""Ports and passwords of a stack are the same from one start to the next."""

import json
import socket
import stat
from pathlib import Path

import pytest

from workers.local_stack.kept_values import KeptValues, write_private


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name the file of a stack."""
    return tmp_path / "stack.json"


def test_values_stay(path: Path) -> None:
    """Another start reads what the first one wrote."""
    first, second = KeptValues(path), KeptValues(path)

    assert first.port("valkey") == second.port("valkey")
    assert first.password("flower") == second.password("flower")


def test_each_name_has_values_of_its_own(path: Path) -> None:
    """No two processes share a port or a password."""
    kept = KeptValues(path)

    assert kept.port("valkey") != kept.port("flower")
    assert kept.password("valkey") != kept.password("flower")


def test_a_port_that_is_taken_meanwhile_is_replaced(path: Path) -> None:
    """The new one is kept from then on."""
    port = KeptValues(path).port("valkey")

    with socket.create_server(("127.0.0.1", port)):
        again = KeptValues(path)
        other = again.port("valkey")

    assert other != port
    assert again.moved == {"valkey": (port, other)}
    assert KeptValues(path).port("valkey") == other


def test_a_connection_that_lingers_takes_no_port(path: Path) -> None:
    """A server that was stopped a moment ago can start again on its port."""
    port = KeptValues(path).port("valkey")
    with (
        socket.create_server(("127.0.0.1", port)) as server,
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        accepted, _address = server.accept()
        accepted.close()  # the server's side lingers for a minute
        client.recv(1)

    assert KeptValues(path).port("valkey") == port


@pytest.mark.parametrize("text", ["", "{", "[1]", '"port"', '{"valkey_port": "many"}', "null"])
def test_a_damaged_file_is_written_anew(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")

    port = KeptValues(path).port("valkey")

    assert json.loads(path.read_text(encoding="utf-8"))["valkey_port"] == port


@pytest.mark.parametrize("port", [-1, 0, 70_000])
def test_a_port_that_cannot_be_is_replaced(path: Path, port: int) -> None:
    """A file may have been edited."""
    path.write_text(json.dumps({"valkey_port": port}), encoding="utf-8")

    assert 0 < KeptValues(path).port("valkey") < 65_536


def test_only_the_owner_reads_them(path: Path) -> None:
    """Passwords are among them; a file that was open to others is closed."""
    path.touch(mode=0o666)

    write_private(path, "secret")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
