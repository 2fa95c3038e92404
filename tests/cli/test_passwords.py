"""A password is read from standard input or asked for, and leaves the process only sealed."""

import io

import pytest
from cryptography.fernet import Fernet

from config import sealing
from tests.cli.conftest import Run

KEY = Fernet.generate_key().decode()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a password on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO("swordfish\n"))


@pytest.mark.usefixtures("typed")
def test_a_password_from_standard_input_is_sealed(run: Run) -> None:
    """The seal is for the host and the user that were named."""
    reply = run("seal", "--hostname", "xs1", "--username", "root", XENFLOW_KEYS=KEY)

    assert reply.code == 0
    opened = sealing.Sealer([KEY]).open(reply.out.strip(), address="https://xs1:443", user="root")
    assert opened.get_secret_value() == "swordfish"


@pytest.mark.usefixtures("typed")
def test_without_a_key_nothing_is_sealed(run: Run) -> None:
    """The exit code is 2, and the error names the setting."""
    reply = run("seal", "--hostname", "xs1")

    assert reply.code == 2
    assert "XENFLOW_KEYS" in reply.err


def test_a_password_among_the_words_is_refused_and_not_repeated(run: Run) -> None:
    """Others can see the arguments of a process."""
    reply = run("vm", "start", "--vm", "web01", "--hostname", "xs1", "--password", "swordfish")

    assert reply.code == 2
    assert "--password-stdin" in reply.err
    assert "swordfish" not in reply.out + reply.err


def test_a_plain_password_in_a_message_is_refused_and_not_repeated(run: Run) -> None:
    """`run` takes a sealed one."""
    connection = ("hostname=xs1", "username=root", "password=swordfish")

    reply = run("run", "vm.start", "vm=web01", *connection)

    assert reply.code == 2
    assert "Seal it first" in reply.err
    assert "swordfish" not in reply.out + reply.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--hostname", "xs1"], "--username"),
        (["--hostname", "xs1", "--username", "root"], "--password-stdin"),
    ],
)
def test_what_is_missing_of_a_connection_is_named(words: list[str], text: str, run: Run) -> None:
    """Nobody is asked where there is not a terminal."""
    reply = run("vm", "start", "--vm", "web01", *words)

    assert reply.code == 2
    assert text in reply.err
