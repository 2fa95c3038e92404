"""The Redis of a round: killed, started again on its files, and made to answer with errors."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.chaos.processes import kill
from workers.local_stack.supervisor import ManagedProcess, Supervisor

Commands = Sequence[tuple[str, ...]]

NOBODY = ("127.0.0.1", "1")  # a server to replicate that is not there
STARTS_WITHIN = 30.0  # seconds
BUSY_AFTER, USUAL = "50", "5000"  # milliseconds until a script makes Redis answer BUSY

TROUBLES: Mapping[str, tuple[Commands, Commands]] = {
    "READONLY": ([("REPLICAOF", *NOBODY)], [("REPLICAOF", "NO", "ONE")]),
    "MASTERDOWN": (
        [("CONFIG", "SET", "replica-serve-stale-data", "no"), ("REPLICAOF", *NOBODY)],
        [("REPLICAOF", "NO", "ONE"), ("CONFIG", "SET", "replica-serve-stale-data", "yes")],
    ),
    "OOM": ([("CONFIG", "SET", "maxmemory", "1")], [("CONFIG", "SET", "maxmemory", "0")]),
    "NOREPLICAS": (
        [("CONFIG", "SET", "min-replicas-to-write", "1")],
        [("CONFIG", "SET", "min-replicas-to-write", "0")],
    ),
}
"""What makes Redis answer with an error, and what heals it."""


@dataclass
class RedisServer:
    """A server in the hands of a round; `url` leads to it past every proxy."""

    url: str
    supervisor: Supervisor
    managed: ManagedProcess

    def client(self) -> redis.Redis:
        """Return a client of its own, which says each thing once, however long that takes."""
        return redis.Redis.from_url(self.url, socket_timeout=None, retry=Retry(NoBackoff(), 0))

    def configure(self, *, fsync: str) -> None:
        """Set how it persists, also for its next start."""
        self._run([("CONFIG", "SET", "appendfsync", fsync), ("CONFIG", "REWRITE")])

    @contextmanager
    def killed(self) -> Iterator[None]:
        """End it as a power cut of its process does; start it again after the block."""
        kill(self.managed.process)
        try:
            yield
        finally:
            self._start()

    @contextmanager
    def trouble(self, name: str) -> Iterator[None]:
        """Make it answer with an error while the block runs."""
        begin, end = TROUBLES[name]
        self._run(begin)
        try:
            yield
        finally:
            self._run(end)

    @contextmanager
    def kills_clients(self) -> Iterator[None]:
        """Make it close every connection once a second while the block runs."""
        over = threading.Event()

        def close_all() -> None:
            with self.client() as client:
                while not over.wait(1.0):
                    for kind in ("normal", "pubsub"):
                        client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")

        closing = threading.Thread(target=close_all, daemon=True)
        closing.start()
        try:
            yield
        finally:
            over.set()
            closing.join()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Keep it busy with a script while the block runs."""
        threshold = ("CONFIG", "SET", "busy-reply-threshold")
        self._run([(*threshold, BUSY_AFTER)])

        def loop() -> None:
            with self.client() as client, suppress(redis.RedisError):
                client.eval("while true do end", 0)

        script = threading.Thread(target=loop, daemon=True)
        script.start()
        try:
            yield
        finally:
            with self.client() as client:
                while script.is_alive():
                    with suppress(redis.RedisError):
                        client.execute_command("SCRIPT", "KILL")
                    script.join(0.05)
            self._run([(*threshold, USUAL)])

    def _start(self) -> None:
        command = [str(word) for word in self.managed.process.args]  # type: ignore[union-attr]  # a list, as it was started
        self.managed = self.supervisor.start("valkey", command)
        self.supervisor.wait(self.managed, self._answers, seconds=STARTS_WITHIN)

    def _answers(self) -> bool:
        with self.client() as client, suppress(redis.RedisError):
            return bool(client.ping())
        return False

    def _run(self, commands: Commands) -> None:
        with self.client() as client:
            for command in commands:
                client.execute_command(*command)
