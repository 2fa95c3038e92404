"""Sealed passwords: encrypted, and bound to one host and one user.

The binding prevents that a sealed password is sent to a host of somebody else's choice.
"""

import json
from collections.abc import Sequence
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from config import settings

MARK = "sealed:v1:"
KEY_COMMAND = "openssl rand -base64 32 | tr +/ -_"


class SealingError(Exception):
    """A secret cannot be sealed or opened; the text never contains it."""


class Sealer:
    """Seal with the first key and open with any, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._box = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise SealingError(
                f"a sealing key is 32 bytes in URL-safe base64; `{KEY_COMMAND}` makes one"
            ) from None

    def seal(self, secret: SecretStr, *, host: str, user: str) -> str:
        """Seal a secret for one host and user."""
        bound = json.dumps([host.casefold(), user, secret.get_secret_value()])
        return MARK + self._box.encrypt(bound.encode()).decode()

    def open(self, text: str, *, host: str, user: str) -> SecretStr:
        """Return a secret that was sealed for this host and user; raise SealingError otherwise."""
        if not is_sealed(text):
            raise SealingError(f"the password for {user} at {host} is not sealed")
        try:
            bound = self._box.decrypt(text.removeprefix(MARK))
        except InvalidToken:
            raise SealingError(
                f"the password for {user} at {host} was sealed with a key that is unknown here"
            ) from None
        sealed_host, sealed_user, secret = json.loads(bound)
        if (sealed_host, sealed_user) != (host.casefold(), user):
            raise SealingError(
                f"the password for {user} at {host} was sealed for another host or user"
            )
        return SecretStr(secret)


def seal(secret: SecretStr, *, host: str, user: str) -> str:
    """Seal a secret for one host and user, with the keys of the settings."""
    return _sealer().seal(secret, host=host, user=user)


def open_sealed(text: str, *, host: str, user: str) -> SecretStr:
    """Return what was sealed for this host and user, with the keys of the settings."""
    return _sealer().open(text, host=host, user=user)


def is_sealed(text: str) -> bool:
    """Return whether a text has the form of a sealed secret."""
    return text.startswith(MARK)


@cache
def _sealer() -> Sealer:
    return Sealer(_keys(settings.load()))


def _keys(chosen: settings.Settings) -> list[str]:
    keys = chosen.keys.get_secret_value().replace(",", " ").split() if chosen.keys else []
    if not keys:
        raise SealingError(
            f"no sealing keys: set XENFLOW_KEYS or XENFLOW_KEYS_FILE; `{KEY_COMMAND}` makes one"
        )
    return keys
