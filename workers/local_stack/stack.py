"""A whole xenflow on one machine: Valkey, maybe a simulated pool, a worker, a poller, Flower.

Everything lives in one folder: data, logs, the connection profile. `xenflow up`, the demo and the
tests live in such a house.
"""

import secrets
import shlex
import socket
from collections.abc import Sequence
from pathlib import Path

from celery import Celery
from redis import Redis

from config.celery import celery_settings
from config.environment import with_settings
from config.settings import PREFIX, Settings
from workers.local_stack import valkey_server
from workers.local_stack.http_probes import Flower
from workers.local_stack.supervisor import XENFLOW, Member, Supervisor, Trouble, heard_later

_LOOPBACK = "127.0.0.1"
_PING = 0.5  # seconds a worker is given to answer one ping
_LISTENING = "listening on "


class Stack:
    """Start the parts of a xenflow; each is ready when its verb returns."""

    def __init__(self, household: Supervisor, *, targets: Path | None = None) -> None:
        self._household = household
        self._chosen: dict[str, str] = {}
        if targets:
            self._chosen["targets"] = str(targets.resolve())

    @property
    def folder(self) -> Path:
        """Where everything lives."""
        return self._household.folder

    def choose(self, **settings: str) -> None:
        """Choose settings of the processes that are started from now on."""
        self._chosen.update(settings)

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this house must be told beside its own environment."""
        return {PREFIX + name.upper(): value for name, value in self._chosen.items()}

    def exports(self) -> list[str]:
        """Return the lines by which the shell of another terminal finds this house."""
        found = self.environment
        names = [name for name in ("XENFLOW_REDIS_URL", "XENFLOW_TARGETS") if name in found]
        return [f"export {name}={shlex.quote(found[name])}" for name in names]

    @property
    def settings(self) -> Settings:
        """The settings of a client of this house."""
        url, targets = self._chosen["redis_url"], self._chosen.get("targets")
        return Settings(
            redis_url=url,
            broker_url=url,
            result_backend=url,
            targets=Path(targets) if targets else None,
        )

    def valkey(self) -> str:
        """Start Valkey; return its address, password included."""
        with heard_later():
            try:
                server = valkey_server.start(self.folder / "valkey")
            except valkey_server.DidNotStart as trouble:
                raise Trouble(str(trouble)) from None
            self._household.adopt("valkey", server.process, server.folder / "valkey.log")
        self._chosen |= dict.fromkeys(("redis_url", "broker_url", "result_backend"), server.url)
        return server.url

    def simulator(self, *, seed: int = 0, speed: float = 1.0, control: bool = False) -> str:
        """Start a simulated pool and make it the default target; return its address."""
        words = ["simulate", "--port=0", f"--seed={seed}", f"--speed={speed}"]
        member = self._start("simulator", [*words, *(["--control"] if control else [])])
        self._household.wait(member, lambda: _LISTENING in member.said())
        url = member.said().partition(_LISTENING)[2].split()[0]
        self._chosen["targets"] = str(self._profile(url))
        return url

    def worker(self, *, name: str = "worker", slots: int = 4) -> Member:
        """Start a worker for operations and flows."""
        return self._server("worker", name, [f"--slots={slots}"])

    def poller(self, *, name: str = "poller") -> Member:
        """Start a poller."""
        return self._server("poller", name, [])

    def flower(self, *, port: int | None = None) -> str:
        """Start Flower, open to whoever knows its password; return its address."""
        port = port or valkey_server.free_port()
        password = secrets.token_urlsafe(12)
        shown = Flower(f"http://{_LOOPBACK}:{port}", password)
        self._chosen |= {
            "flower_address": _LOOPBACK,
            "flower_port": str(port),
            "flower_user": shown.user,
            "flower_password": password,
        }
        before = self._listeners()
        self._household.wait(
            self._start("flower", ["flower"]),
            lambda: shown.healthy() and self._listeners() > before,
        )
        return shown.url

    def _listeners(self) -> int:
        """Count who listens to events; Flower serves pages a little before it does."""
        with Redis.from_url(self._chosen["redis_url"]) as client:
            return len(client.client_list(_type="pubsub"))

    def _server(self, part: str, name: str, options: Sequence[str]) -> Member:
        member = self._start(name, [part, f"--name={name}", *options])
        with Celery("xenflow", set_as_current=False) as app:
            app.conf.update(celery_settings(self.settings))
            node = f"{name}@{socket.gethostname()}"
            self._household.wait(
                member, lambda: bool(app.control.ping(destination=[node], timeout=_PING))
            )
        return member

    def _start(self, name: str, words: Sequence[str]) -> Member:
        environment = with_settings(**self._chosen)
        return self._household.start(name, [*XENFLOW, *words], environment=environment)

    def _profile(self, url: str) -> Path:
        """Write the connection profile of the simulated pool; its password guards nothing."""
        password = self.folder / "pool.password"
        password.touch(mode=0o600)
        password.write_text("xenflow\n", encoding="utf-8")
        path = self.folder / "targets.toml"
        path.write_text(
            f'[default]\nurl = "{url}"\nuser = "root"\npassword_file = "{password.name}"\n',
            encoding="utf-8",
        )
        return path.resolve()
