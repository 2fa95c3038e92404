"""Ports and passwords of a local stack, kept in its folder from one start to the next.

So what knows an address (a shell, a browser, a service under development) finds the stack again.
"""

import json
import secrets
import socket
from pathlib import Path
from typing import TypeVar

_LOOPBACK = "127.0.0.1"

T = TypeVar("T", int, str)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


class KeptValues:
    """Values by name, in a file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.moved: dict[str, tuple[int, int]] = {}
        """The ports that were taken and the ones in their place, by name."""

    def port(self, name: str) -> int:
        """Return the port that was kept under a name; another one where that is taken."""
        kept = self._read().get(f"{name}_port")
        if isinstance(kept, int) and kept > 0 and _is_free(kept):
            return kept
        port = self._keep(f"{name}_port", free_port())
        if isinstance(kept, int) and kept > 0:
            self.moved[name] = (kept, port)
        return port

    def password(self, name: str) -> str:
        """Return the password that was kept under a name; a new one the first time."""
        kept = self._read().get(f"{name}_password")
        return (
            kept
            if isinstance(kept, str)
            else self._keep(f"{name}_password", secrets.token_urlsafe(24))
        )

    def _read(self) -> dict[str, int | str]:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _keep(self, name: str, value: T) -> T:
        values = self._read() | {name: value}
        write_private(self._path, json.dumps(values, indent=2) + "\n")
        return value


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")


def _is_free(port: int) -> bool:
    """Whether a server could listen on a port; connections that linger do not matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except (OSError, OverflowError):
            return False
    return True
