"""A whole xenflow for tests to live in: its processes, its client, and its simulated pool."""

import json
import os
import signal
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from celery.app import app_or_default
from redis import Redis

from tasks.engine.execution.runtime import Runtime
from workers import app as application
from workers.local_stack.stack import Stack
from workers.local_stack.supervisor import Member, Supervisor

if TYPE_CHECKING:
    from celery.result import AsyncResult

CLOSED = 1  # a port at which nobody listens: a free one may be taken by the time it is tried
PATIENCE = 60.0  # seconds until a hang is named; speed is not judged


class Xenserver:
    """The simulated pool, as a client of its own sees it, and its control door."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.log_in()

    def log_in(self) -> None:
        """Open a session; the one before may be gone."""
        self._session = self._ask("session.login_with_password", "root", "xenflow")

    def __call__(self, method: str, *params: Any) -> Any:
        """Make a call; a failure fails the test."""
        return self._ask(method, self._session, *params)

    def records(self, cls: str) -> dict[str, dict[str, Any]]:
        """Return all records of a class by UUID."""
        found = self(f"{cls}.get_all_records")
        return {record["uuid"]: {**record, "ref": ref} for ref, record in found.items()}

    def named(self, cls: str, name: str) -> list[dict[str, Any]]:
        """Return the records of a class that bear a name."""
        return [r for r in self.records(cls).values() if r["name_label"] == name]

    def world(self) -> dict[str, set[str]]:
        """Return what there is of all that operations make, for a look before and after."""
        return {cls: set(self.records(cls)) for cls in ("VM", "VDI", "VBD", "VIF", "network")}

    def control(self, do: str, **parameters: Any) -> dict[str, Any]:
        """Use the control door."""
        order = json.dumps({"do": do, **parameters}).encode()
        request = urllib.request.Request(f"{self.url}/control", order)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    def effects(self, method: str) -> int:
        """Count how often a verb has come to its effect."""
        return sum(e["method"].endswith(method) for e in self.control("journal")["effects"])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stop XenServer's clock while the block runs: what it works on does not end."""
        self.control("hold")
        try:
            yield
        finally:
            self.control("release")

    def _ask(self, method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        request = urllib.request.Request(f"{self.url}/jsonrpc", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            told = json.load(answer)
        assert "error" not in told, told["error"]
        return told["result"]


class Inhabited:
    """A whole xenflow at work: its processes, its client, and the pool it works on."""

    def __init__(self, house: Stack, household: Supervisor, xenserver: Xenserver) -> None:
        self.house = house
        self.xenserver = xenserver
        self.app = application.create(house.settings)
        self._household = household

    @property
    def runtime(self) -> Runtime:
        """The journal and its neighbours, to look at."""
        return self.app.runtime

    @property
    def members(self) -> Sequence[Member]:
        """The processes of the house."""
        return self._household.members

    @property
    def redis(self) -> Redis:
        """The server behind it all."""
        return self.runtime.journal.redis

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this house needs to know."""
        return {**os.environ, **self.house.environment}

    def send(
        self, task: str, /, *, task_id: str | None = None, **fields: Any
    ) -> "AsyncResult[Any]":
        """Send a message by name."""
        return self.app.send_task(task, kwargs=fields, task_id=task_id or str(uuid.uuid4()))

    def do(self, task: str, /, **fields: Any) -> Any:
        """Send a message and give its answer."""
        return self.send(task, **fields).get(timeout=PATIENCE)

    def until(self, come: Callable[[], Any], what: str) -> Any:
        """Wait until something has come about; return it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = come()
            if found:
                return found
            time.sleep(0.02)
        pytest.fail(f"did not come about: {what}")

    def until_parked(self, count: int) -> None:
        """Wait until so many operations are parked on XenServer's tasks."""
        self.until(lambda: self.runtime.parked.count("default") >= count, f"{count} parked")

    @staticmethod
    def kill(*members: Member) -> None:
        """End processes as a power cut does."""
        for member in members:
            os.killpg(member.process.pid, signal.SIGKILL)
            member.process.wait()


@contextmanager
def inhabited(folder: Path, *, speed: float) -> Iterator[Inhabited]:
    """Keep a house with a Valkey, a simulated pool and a client; workers are up to the test."""
    around = app_or_default()
    with Supervisor(folder) as household:
        house = Stack(household)
        house.choose(pace="50", pace_burst="100")  # a simulator bears it
        house.valkey()
        pool = house.simulator(speed=speed, control=True)
        lives = Inhabited(house, household, Xenserver(pool))
        yield lives
        backend: Any = lives.app.backend  # its Redis part is without types
        backend.result_consumer.subscribed_to.clear()  # a failed test's results outlive the server
        lives.app.close()
        around.set_current()  # canvases are sent by the current application
