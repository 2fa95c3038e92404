"""A whole xenflow on one machine: Valkey, maybe a simulated pool, a worker, a poller, Flower.

Everything is in one folder: data, logs, the connection profile, ports and passwords, and a file of
the variables that another shell needs. `xenflow up`, the demo and the tests run such a stack.
"""

import shlex
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from celery import Celery
from redis import Redis

from config.celery import celery_settings
from config.environment import with_settings
from config.settings import PREFIX, Settings
from workers.local_stack import valkey_server
from workers.local_stack.http_probes import Flower
from workers.local_stack.kept_values import KeptValues, write_private
from workers.local_stack.supervisor import (
    XENFLOW,
    ManagedProcess,
    StackError,
    Supervisor,
    signals_deferred,
)

_LOOPBACK = "127.0.0.1"
_PING = 0.5  # seconds that a worker has to answer one ping
_LISTENING = "listening on "


class Stack:
    """Start the processes of a xenflow; each is ready when its method returns."""

    def __init__(self, supervisor: Supervisor, *, targets: Path | None = None) -> None:
        self._supervisor = supervisor
        self._kept = KeptValues(supervisor.folder / "stack.json")
        self._chosen: dict[str, str] = {}
        if targets:
            self._chosen["targets"] = str(targets.resolve())

    @property
    def folder(self) -> Path:
        """The folder of data and logs."""
        return self._supervisor.folder

    @property
    def moved(self) -> Mapping[str, tuple[int, int]]:
        """The ports that another process has taken and the ones in their place, by name."""
        return self._kept.moved

    def choose(self, **settings: str) -> None:
        """Set settings of the processes that are started from now on."""
        self._chosen.update(settings)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a process needs to reach this stack."""
        return {PREFIX + name.upper(): value for name, value in self._chosen.items()}

    @property
    def environment_file(self) -> Path:
        """The file that a shell sources to reach this stack."""
        return self.folder / "env"

    def write_environment_file(self) -> None:
        """Write the file of variables; it contains a password, so only its owner reads it."""
        write_private(self.environment_file, "".join(f"{line}\n" for line in self.export_lines()))

    def export_lines(self) -> list[str]:
        """Return the lines by which a shell reaches this stack."""
        found = self.environment
        names = [name for name in ("XENFLOW_REDIS_URL", "XENFLOW_TARGETS") if name in found]
        return [f"export {name}={shlex.quote(found[name])}" for name in names]

    @property
    def settings(self) -> Settings:
        """The settings of a client of this stack."""
        url, targets = self._chosen["redis_url"], self._chosen.get("targets")
        return Settings(
            redis_url=url,
            broker_url=url,
            result_backend=url,
            targets=Path(targets) if targets else None,
        )

    def valkey(self) -> str:
        """Start Valkey; return its address, password included."""
        with signals_deferred():
            try:
                server = valkey_server.start(
                    self.folder / "valkey",
                    port=self._kept.port("valkey"),
                    password=self._kept.password("valkey"),
                )
            except valkey_server.DidNotStart as error:
                raise StackError(str(error)) from None
            self._supervisor.adopt("valkey", server.process, server.folder / "valkey.log")
        self._chosen |= dict.fromkeys(("redis_url", "broker_url", "result_backend"), server.url)
        return server.url

    def simulator(
        self,
        *,
        seed: int = 0,
        speed: float = 1.0,
        vms: int = 0,
        pool: Path | None = None,
        control: bool = False,
    ) -> str:
        """Start a simulated pool and make it the default target; return its address."""
        port = self._kept.port("simulator")
        words = ["simulate", f"--port={port}", f"--seed={seed}", f"--speed={speed}"]
        words += [f"--vms={vms}"] if vms else []
        words += [f"--pool={pool}"] if pool else []
        words += [f"--ready-file={self.folder / 'pool.url'}"]
        managed = self._start("simulator", [*words, *(["--control"] if control else [])])
        self._supervisor.wait(managed, lambda: _LISTENING in managed.output())
        url = managed.output().partition(_LISTENING)[2].split()[0]
        self._chosen["targets"] = str(self._profile(url))
        return url

    def worker(self, *, name: str = "worker", slots: int = 4) -> ManagedProcess:
        """Start a worker for operations and flows."""
        return self._server("worker", name, [f"--slots={slots}"])

    def poller(self, *, name: str = "poller") -> ManagedProcess:
        """Start a poller."""
        return self._server("poller", name, [])

    def flower(self, *, port: int | None = None) -> str:
        """Start Flower, which asks for a password; return its address."""
        port = port or self._kept.port("flower")
        password = self._kept.password("flower")
        shown = Flower(f"http://{_LOOPBACK}:{port}", password)
        self._chosen |= {
            "flower_address": _LOOPBACK,
            "flower_port": str(port),
            "flower_user": shown.user,
            "flower_password": password,
        }
        before = self._listeners()
        self._supervisor.wait(
            self._start("flower", ["flower"], essential=False),
            lambda: shown.healthy() and self._listeners() > before,
        )
        return shown.url

    def _listeners(self) -> int:
        """Count the listeners to events; Flower serves pages a little before it listens."""
        with Redis.from_url(self._chosen["redis_url"]) as client:
            return len(client.client_list(_type="pubsub"))

    def _server(self, part: str, name: str, options: Sequence[str]) -> ManagedProcess:
        managed = self._start(name, [part, f"--name={name}", *options])
        with Celery("xenflow", set_as_current=False) as app:
            app.conf.update(celery_settings(self.settings))
            node = f"{name}@{socket.gethostname()}"
            self._supervisor.wait(
                managed, lambda: bool(app.control.ping(destination=[node], timeout=_PING))
            )
        return managed

    def _start(self, name: str, words: Sequence[str], *, essential: bool = True) -> ManagedProcess:
        return self._supervisor.start(
            name,
            [*XENFLOW, *words],
            environment=with_settings(**self._chosen),
            essential=essential,
        )

    def _profile(self, url: str) -> Path:
        """Write the connection profile of the simulated pool; its password protects nothing."""
        password = self.folder / "pool.password"
        write_private(password, "xenflow\n")
        path = self.folder / "targets.toml"
        path.write_text(
            f'[default]\nurl = "{url}"\nuser = "root"\npassword_file = "{password.name}"\n',
            encoding="utf-8",
        )
        return path.resolve()
