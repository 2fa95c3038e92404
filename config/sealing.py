"""Sealed passwords: encrypted, bound to one address and one user, and valid for a while.

The binding keeps a sealed password from being sent anywhere else: to a host of somebody else's
choice, to another port of the same host, or there in the clear.
"""

import json
from collections.abc import Sequence
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from config import settings

MARK = "sealed:v2:"
PORTS = {"http": 80, "https": 443}
KEY_COMMAND = "openssl rand -base64 32 | tr +/ -_"

_ANY = "sealed:"  # what seals of all versions begin with
PATTERN = f"^{_ANY}"
"""What a schema can say of a sealed password, so that a plain one is stopped at its producer."""


class SealingError(Exception):
    """A secret cannot be sealed or opened; the text never contains it."""


def address(hostname: str, *, protocol: str = "https", port: int | None = None) -> str:
    """Return the address that a password is sealed for: `https://pool.example.net:443`."""
    host = f"[{hostname}]" if ":" in hostname else hostname
    return f"{protocol}://{host.casefold()}:{PORTS.get(protocol, 0) if port is None else port}"


class Sealer:
    """Seal with the first key and open with any, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str], *, lifetime: float = 86_400.0) -> None:
        self._lifetime = int(lifetime)
        try:
            self._box = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise SealingError(
                f"a sealing key is 32 bytes in URL-safe base64; `{KEY_COMMAND}` makes one"
            ) from None

    def seal(self, secret: SecretStr, *, address: str, user: str) -> str:
        """Seal a secret for one address and user."""
        bound = json.dumps([address, user, secret.get_secret_value()])
        return MARK + self._box.encrypt(bound.encode()).decode()

    def open(self, text: str, *, address: str, user: str) -> SecretStr:
        """Return what was sealed for this address and user; raise SealingError otherwise."""
        whose = f"the password for {user} at {address}"
        if not is_sealed(text):
            raise SealingError(f"{whose} is not sealed")
        if not text.startswith(MARK):
            raise SealingError(f"{whose} was sealed by an older xenflow; seal it anew")
        sealed_address, sealed_user, secret = json.loads(self._decrypted(text, whose))
        if (sealed_address, sealed_user) != (address, user):
            raise SealingError(f"{whose} was sealed for another address or user")
        return SecretStr(secret)

    def _decrypted(self, text: str, whose: str) -> bytes:
        token = text.removeprefix(MARK)
        try:
            return self._box.decrypt(token, ttl=self._lifetime)
        except InvalidToken:
            pass
        try:
            self._box.decrypt(token)
        except InvalidToken:
            raise SealingError(f"{whose} was sealed with a key that is unknown here") from None
        raise SealingError(
            f"{whose} was sealed more than {self._lifetime} s ago, or by a clock that is ahead; "
            "seal it anew"
        )


def seal(secret: SecretStr, *, address: str, user: str) -> str:
    """Seal a secret for one address and user, with the keys of the settings."""
    return _sealer().seal(secret, address=address, user=user)


def open_sealed(text: str, *, address: str, user: str) -> SecretStr:
    """Return what was sealed for this address and user, with the keys of the settings."""
    return _sealer().open(text, address=address, user=user)


def is_sealed(text: str) -> bool:
    """Return whether a text has the form of a sealed secret."""
    return text.startswith(_ANY)


@cache
def _sealer() -> Sealer:
    chosen = settings.load()
    return Sealer(_keys(chosen), lifetime=chosen.seal_expires)


def _keys(chosen: settings.Settings) -> list[str]:
    keys = chosen.keys.get_secret_value().replace(",", " ").split() if chosen.keys else []
    if not keys:
        raise SealingError(
            "this worker or producer has no sealing keys: set XENFLOW_KEYS or XENFLOW_KEYS_FILE "
            f"where it runs, the same for all of them; `{KEY_COMMAND}` makes one"
        )
    return keys
