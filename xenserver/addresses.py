"""The addresses at which a pool may be reached, and which of them is asked."""

import ipaddress
import re
import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE
)


class Addresses:
    """The URLs of one pool: those configured, after the one that last was right."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._configured = tuple(urls)
        self._current = urls[0]
        self._lock = threading.Lock()

    def in_turn(self) -> list[str]:
        """List the URLs to try, the one that last was right first."""
        with self._lock:
            return list(dict.fromkeys([self._current, *self._configured]))

    def prefer(self, url: str) -> None:
        """Ask this URL first from now on."""
        with self._lock:
            self._current = url


def coordinator(member: str, host: str) -> str | None:
    """Return the URL of the coordinator that a member named; None where it names none.

    The pool is believed about its coordinator, but no further than that: scheme and port stay.
    """
    return _at(member, host) if _is_host(host) else None


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return bool(_NAME.fullmatch(text))
    return True


def _at(url: str, host: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://[{host}]{port}" if ":" in host else f"{parts.scheme}://{host}{port}"
