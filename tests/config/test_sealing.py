"""A sealed secret opens only by a known key, for the host and user that it was sealed for."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from config import sealing

SECRET = SecretStr("swordfish")
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@given(secret=st.text(), host=st.text(), user=st.text())
def test_what_is_sealed_opens_as_it_was(secret: str, host: str, user: str) -> None:
    """Any text, for any host and user."""
    sealer = sealing.Sealer([KEY])

    sealed = sealer.seal(SecretStr(secret), host=host, user=user)

    assert sealer.open(sealed, host=host, user=user).get_secret_value() == secret


def test_a_sealed_secret_cannot_be_read(key: str) -> None:
    """Neither as it is, nor twice the same."""
    sealer = sealing.Sealer([key])

    first, second = (sealer.seal(SECRET, host="pool", user="root") for _ in range(2))

    assert first.startswith("sealed:v1:")
    assert "swordfish" not in first
    assert first != second


@pytest.mark.parametrize(("host", "user"), [("evil", "root"), ("pool", "admin")])
def test_it_opens_for_its_own_host_and_user_alone(key: str, host: str, user: str) -> None:
    """It cannot be replayed against another host, or as somebody else."""
    sealer = sealing.Sealer([key])
    sealed = sealer.seal(SECRET, host="pool", user="root")

    with pytest.raises(sealing.SealingError, match="sealed for another host or user"):
        sealer.open(sealed, host=host, user=user)


def test_host_names_are_the_same_in_capitals(key: str) -> None:
    """DNS does not tell them apart."""
    sealer = sealing.Sealer([key])
    sealed = sealer.seal(SECRET, host="Pool", user="root")

    assert sealer.open(sealed, host="pool", user="root") == SECRET


def test_keys_are_renewed_while_messages_are_in_flight(key: str) -> None:
    """What the old key sealed opens while the old key stands behind the new one."""
    sealed = sealing.Sealer([KEY]).seal(SECRET, host="pool", user="root")

    assert sealing.Sealer([key, KEY]).open(sealed, host="pool", user="root") == SECRET


def test_an_unknown_key_is_said_so(key: str) -> None:
    """The error does not repeat what it could not open."""
    sealed = sealing.Sealer([KEY]).seal(SECRET, host="pool", user="root")

    with pytest.raises(sealing.SealingError, match="key that is unknown here") as caught:
        sealing.Sealer([key]).open(sealed, host="pool", user="root")
    assert sealed not in str(caught.value)


def test_a_plain_password_is_refused_and_not_repeated(key: str) -> None:
    """A producer that does not seal is told so."""
    with pytest.raises(sealing.SealingError, match="is not sealed") as caught:
        sealing.Sealer([key]).open("swordfish", host="pool", user="root")
    assert "swordfish" not in str(caught.value)


def test_a_wrong_key_is_refused_and_not_repeated() -> None:
    """A key is a secret too."""
    with pytest.raises(sealing.SealingError, match="32 bytes") as caught:
        sealing.Sealer(["swordfish"])
    assert "swordfish" not in str(caught.value)


def test_keys_may_stand_in_a_file(
    setting: Callable[[str, str], None], tmp_path: Path, key: str
) -> None:
    """On lines of their own, the newest first."""
    path = tmp_path / "keys"
    path.write_text(f"{key}\n{KEY}\n", encoding="utf-8")
    path.chmod(0o600)
    setting("XENFLOW_KEYS_FILE", str(path))

    sealed = sealing.Sealer([KEY]).seal(SECRET, host="pool", user="root")

    assert sealing.open_sealed(sealed, host="pool", user="root") == SECRET


def test_keys_may_stand_in_the_environment(setting: Callable[[str, str], None], key: str) -> None:
    """With commas between."""
    setting("XENFLOW_KEYS", f"{key},{KEY}")

    sealed = sealing.seal(SECRET, host="pool", user="root")

    assert sealing.Sealer([key]).open(sealed, host="pool", user="root") == SECRET


@pytest.mark.usefixtures("setting")
def test_without_keys_the_settings_are_named() -> None:
    """The error says which to set, and how to make one."""
    with pytest.raises(sealing.SealingError, match=r"set XENFLOW_KEYS or .*; `openssl .*` makes"):
        sealing.seal(SECRET, host="pool", user="root")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_a_key_is_made_as_the_error_says() -> None:
    """The command prints a key that seals and opens, and nothing else."""
    words = ["sh", "-c", sealing.KEY_COMMAND]
    made = subprocess.run(words, capture_output=True, check=True, text=True)
    sealer = sealing.Sealer([made.stdout.strip()])

    sealed = sealer.seal(SECRET, host="pool", user="root")

    assert sealer.open(sealed, host="pool", user="root") == SECRET
