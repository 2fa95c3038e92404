"""A sealed secret opens only by a known key, for the address and user that it was sealed for."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from config import sealing

SECRET = SecretStr("swordfish")
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@given(secret=st.text(), address=st.text(), user=st.text())
def test_what_is_sealed_opens_as_it_was(secret: str, address: str, user: str) -> None:
    sealer = sealing.Sealer([KEY])

    sealed = sealer.seal(SecretStr(secret), address=address, user=user)

    assert sealer.open(sealed, address=address, user=user).get_secret_value() == secret


def test_a_sealed_secret_cannot_be_read(key: str) -> None:
    """Neither as it is, nor twice the same."""
    sealer = sealing.Sealer([key])

    first, second = (sealer.seal(SECRET, address="https://pool:443", user="root") for _ in range(2))

    assert first.startswith("sealed:v2:")
    assert "swordfish" not in first
    assert first != second


@pytest.mark.parametrize(
    ("address", "user"),
    [
        ("https://evil:443", "root"),
        ("https://pool:443", "admin"),
        ("https://pool:8443", "root"),
        ("http://pool:443", "root"),
        ("http://pool:80", "root"),
    ],
)
def test_it_opens_for_its_own_address_and_user_alone(key: str, address: str, user: str) -> None:
    """It cannot be replayed against another host or port, in the clear, or as somebody else."""
    sealer = sealing.Sealer([key])
    sealed = sealer.seal(SECRET, address="https://pool:443", user="root")

    with pytest.raises(sealing.SealingError, match="sealed for another address or user"):
        sealer.open(sealed, address=address, user=user)


def test_a_seal_is_valid_for_a_while(key: str) -> None:
    """An old one is not opened, and the error says why."""
    sealed = sealing.Sealer([key]).seal(SECRET, address="https://pool:443", user="root")
    token = sealed.removeprefix(sealing.MARK)
    yesterday = int(time.time()) - 3_700
    old = Fernet(key).encrypt_at_time(Fernet(key).decrypt(token), yesterday).decode()

    with pytest.raises(sealing.SealingError, match="sealed more than 3600 s ago") as caught:
        sealing.Sealer([key], lifetime=3_600).open(
            sealing.MARK + old, address="https://pool:443", user="root"
        )
    assert old not in str(caught.value)
    assert (
        sealing.Sealer([key], lifetime=3_800).open(
            sealing.MARK + old, address="https://pool:443", user="root"
        )
        == SECRET
    )


def test_a_seal_of_an_older_version_is_refused(key: str) -> None:
    """It was bound to host and user alone."""
    old = "sealed:v1:" + Fernet(key).encrypt(b'["pool", "root", "swordfish"]').decode()

    with pytest.raises(sealing.SealingError, match="older xenflow; seal it anew"):
        sealing.Sealer([key]).open(old, address="https://pool:443", user="root")


@pytest.mark.parametrize(
    ("hostname", "options", "address"),
    [
        ("Pool.Example.NET", {}, "https://pool.example.net:443"),
        ("pool", {"protocol": "http"}, "http://pool:80"),
        ("pool", {"port": 8443}, "https://pool:8443"),
        ("::1", {}, "https://[::1]:443"),
    ],
)
def test_an_address_is_written_in_one_way(
    hostname: str, options: dict[str, Any], address: str
) -> None:
    assert sealing.address(hostname, **options) == address


def test_keys_are_renewed_while_messages_are_in_flight(key: str) -> None:
    """What the old key sealed opens while the old key stands behind the new one."""
    sealed = sealing.Sealer([KEY]).seal(SECRET, address="https://pool:443", user="root")

    assert (
        sealing.Sealer([key, KEY]).open(sealed, address="https://pool:443", user="root") == SECRET
    )


def test_an_unknown_key_is_said_so(key: str) -> None:
    """The error does not repeat what it could not open."""
    sealed = sealing.Sealer([KEY]).seal(SECRET, address="https://pool:443", user="root")

    with pytest.raises(sealing.SealingError, match="key that is unknown here") as caught:
        sealing.Sealer([key]).open(sealed, address="https://pool:443", user="root")
    assert sealed not in str(caught.value)


def test_a_plain_password_is_refused_and_not_repeated(key: str) -> None:
    """A producer that does not seal gets an error."""
    with pytest.raises(sealing.SealingError, match="is not sealed") as caught:
        sealing.Sealer([key]).open("swordfish", address="https://pool:443", user="root")
    assert "swordfish" not in str(caught.value)


def test_a_wrong_key_is_refused_and_not_repeated() -> None:
    """A key is a secret too."""
    with pytest.raises(sealing.SealingError, match="32 bytes") as caught:
        sealing.Sealer(["swordfish"])
    assert "swordfish" not in str(caught.value)


def test_keys_may_stand_in_a_file(
    setting: Callable[[str, str], None], tmp_path: Path, key: str
) -> None:
    path = tmp_path / "keys"
    path.write_text(f"{key}\n{KEY}\n", encoding="utf-8")
    path.chmod(0o600)
    setting("XENFLOW_KEYS_FILE", str(path))

    sealed = sealing.Sealer([KEY]).seal(SECRET, address="https://pool:443", user="root")

    assert sealing.open_sealed(sealed, address="https://pool:443", user="root") == SECRET


def test_keys_may_stand_in_the_environment(setting: Callable[[str, str], None], key: str) -> None:
    setting("XENFLOW_KEYS", f"{key},{KEY}")

    sealed = sealing.seal(SECRET, address="https://pool:443", user="root")

    assert sealing.Sealer([key]).open(sealed, address="https://pool:443", user="root") == SECRET


@pytest.mark.usefixtures("setting")
def test_without_keys_the_settings_are_named() -> None:
    """The error says which to set, and how to make one."""
    with pytest.raises(sealing.SealingError, match=r"set XENFLOW_KEYS or .*; `openssl .*` makes"):
        sealing.seal(SECRET, address="https://pool:443", user="root")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_a_key_is_made_as_the_error_says() -> None:
    """The command prints a key that seals and opens, and nothing else."""
    words = ["sh", "-c", sealing.KEY_COMMAND]
    made = subprocess.run(words, capture_output=True, check=True, text=True)
    sealer = sealing.Sealer([made.stdout.strip()])

    sealed = sealer.seal(SECRET, address="https://pool:443", user="root")

    assert sealer.open(sealed, address="https://pool:443", user="root") == SECRET
