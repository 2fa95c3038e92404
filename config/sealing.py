"""Passwords travel sealed: readable only by those who hold the key, and only for one host and user.

The binding keeps a sealed password from being sent to a host of somebody else's choice.
"""

import json
from collections.abc import Sequence
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from config import private_files, settings

MARK = "sealed:v1:"
MAKES_A_KEY = "openssl rand -base64 32 | tr +/ -_"


class SealingError(Exception):
    """A secret cannot be sealed or opened; the text never repeats it."""


class Sealer:
    """Seals with the first key and opens with any, so that keys can be renewed at any time."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._box = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise SealingError(
                f"a sealing key is 32 bytes in URL-safe base64; `{MAKES_A_KEY}` makes one"
            ) from None

    def seal(self, secret: SecretStr, *, host: str, user: str) -> str:
        """Seal a secret for one host and user."""
        bound = json.dumps([host.casefold(), user, secret.get_secret_value()])
        return MARK + self._box.encrypt(bound.encode()).decode()

    def open(self, text: str, *, host: str, user: str) -> SecretStr:
        """Open what was sealed for this host and user; raise SealingError for anything else."""
        if not is_sealed(text):
            raise SealingError(f"the password for {user} at {host} is not sealed")
        try:
            bound = self._box.decrypt(text.removeprefix(MARK))
        except InvalidToken:
            raise SealingError(
                f"the password for {user} at {host} was sealed with a key that is not known here"
            ) from None
        sealed_host, sealed_user, secret = json.loads(bound)
        if (sealed_host, sealed_user) != (host.casefold(), user):
            raise SealingError(f"the password for {user} at {host} was sealed for somebody else")
        return SecretStr(secret)


def seal(secret: SecretStr, *, host: str, user: str) -> str:
    """Seal a secret for one host and user, by the keys of the settings."""
    return _sealer().seal(secret, host=host, user=user)


def open_sealed(text: str, *, host: str, user: str) -> SecretStr:
    """Open what was sealed for this host and user, by the keys of the settings."""
    return _sealer().open(text, host=host, user=user)


def is_sealed(text: str) -> bool:
    """Whether a text claims to be sealed."""
    return text.startswith(MARK)


@cache
def _sealer() -> Sealer:
    return Sealer(_keys(settings.load()))


def _keys(chosen: settings.Settings) -> list[str]:
    text = chosen.keys
    if chosen.keys_file:
        try:
            text = private_files.read(chosen.keys_file)
        except private_files.PrivateFileError as error:
            raise SealingError(f"XENFLOW_KEYS_FILE: {error}") from None
    keys = text.get_secret_value().replace(",", " ").split() if text else []
    if not keys:
        raise SealingError(
            f"no sealing keys: set XENFLOW_KEYS or XENFLOW_KEYS_FILE; `{MAKES_A_KEY}` makes one"
        )
    return keys
