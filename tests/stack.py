"""A harness around a local stack: its processes, a client, and the simulated pool."""

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
from tasks.engine.journal.record import CancelRequest, CancelResult, Record
from workers import app as application
from workers.local_stack.stack import Stack
from workers.local_stack.supervisor import ManagedProcess, Supervisor

if TYPE_CHECKING:
    from celery.result import AsyncResult

CLOSED = 1  # a port at which nobody listens: a free one may be taken by the time it is tried
TIMEOUT = 60.0  # seconds until a hang is named; speed is not judged


class Xenserver:
    """The simulated pool, as an independent client sees it, and its control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.log_in()

    def log_in(self) -> None:
        """Open a session; the previous one may be gone."""
        self._session = self._ask("session.login_with_password", "root", "xenflow")

    def __call__(self, method: str, *params: Any) -> Any:
        """Make a call; a failure fails the test."""
        return self._ask(method, self._session, *params)

    def records(self, cls: str) -> dict[str, dict[str, Any]]:
        """Return all records of a class by UUID."""
        found = self(f"{cls}.get_all_records")
        return {record["uuid"]: {**record, "ref": ref} for ref, record in found.items()}

    def named(self, cls: str, name: str) -> list[dict[str, Any]]:
        """Return the records of a class with this name."""
        return [r for r in self.records(cls).values() if r["name_label"] == name]

    def inventory(self) -> dict[str, set[str]]:
        """Return the UUIDs of everything that operations create, to compare states."""
        return {cls: set(self.records(cls)) for cls in ("VM", "VDI", "VBD", "VIF", "network")}

    def control(self, do: str, **parameters: Any) -> dict[str, Any]:
        """Send a command to the control API."""
        order = json.dumps({"do": do, **parameters}).encode()
        request = urllib.request.Request(f"{self.url}/control", order)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    def effects(self, method: str) -> int:
        """Count how often a method took effect."""
        return sum(e["method"].endswith(method) for e in self.control("journal")["effects"])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the simulator's clock while the block runs: no XenServer task ends."""
        self.control("hold")
        try:
            yield
        finally:
            self.control("release")

    def _ask(self, method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        request = urllib.request.Request(f"{self.url}/jsonrpc", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            reply = json.load(answer)
        assert "error" not in reply, reply["error"]
        return reply["result"]


class StackHarness:
    """A running stack under test: its services, a Celery client, and the simulated pool."""

    def __init__(self, services: Stack, supervisor: Supervisor, xenserver: Xenserver) -> None:
        self.services = services
        self.xenserver = xenserver
        self.app = application.create(services.settings)
        self._supervisor = supervisor

    @property
    def runtime(self) -> Runtime:
        """The client's runtime: journal, publisher, sessions, settings."""
        return self.app.runtime

    @property
    def processes(self) -> Sequence[ManagedProcess]:
        """The processes of the stack, in the order in which they started."""
        return self._supervisor.processes

    @property
    def redis(self) -> Redis:
        """A client of the stack's Valkey."""
        return self.runtime.journal.redis

    @property
    def environment(self) -> dict[str, str]:
        """The environment for a further process of this stack."""
        return {**os.environ, **self.services.environment}

    def send(
        self, task: str, /, *, task_id: str | None = None, **fields: Any
    ) -> "AsyncResult[Any]":
        """Send a message by name."""
        return self.app.send_task(task, kwargs=fields, task_id=task_id or str(uuid.uuid4()))

    def do(self, task: str, /, **fields: Any) -> Any:
        """Send a message and return its answer."""
        return self.send(task, **fields).get(timeout=TIMEOUT)

    def record(self, operation: str) -> Record:
        """Return what the journal knows of an operation; an empty record where it knows nothing."""
        return self.runtime.journal.read(operation) or Record()

    def cancel(self, operation: str) -> CancelResult:
        """Ask an operation to stop, as `xenflow cancel` does; return what came of it."""
        result, sending = self.runtime.journal.cancel(operation, CancelRequest.CANCELLED)
        self.runtime.publisher.resume(sending)
        return result

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait until a condition returns something true; return that."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.02)
        pytest.fail(f"did not happen within {TIMEOUT:g} s: {what}")

    def until_parks(self, operation: str) -> None:
        """Wait until an operation is parked; others may be at work in the same stack."""
        self.until(lambda: self.record(operation).phase == "parked", f"{operation} is parked")

    def until_parked(self, count: int) -> None:
        """Wait until at least this many operations are parked."""
        self.until(lambda: self.runtime.parked.count("default") >= count, f"{count} parked")

    @staticmethod
    def kill(*members: ManagedProcess) -> None:
        """Kill processes and whatever they started, without a grace period."""
        for member in members:
            os.killpg(member.process.pid, signal.SIGKILL)
            member.process.wait()


@contextmanager
def running_stack(
    folder: Path, *, speed: float, redis_url: str | None = None, vms: int = 0
) -> Iterator[StackHarness]:
    """Run Valkey (or use another Redis) and a simulated pool; the test starts its processes."""
    previous = app_or_default()
    with Supervisor(folder) as supervisor:
        services = Stack(supervisor)
        services.choose(poll_rate="50", poll_burst="100")  # the simulator can take it
        if redis_url:
            names = ("redis_url", "broker_url", "result_backend")
            services.choose(**dict.fromkeys(names, redis_url))
        else:
            services.valkey()
        pool = services.simulator(speed=speed, vms=vms, control=True)
        stack = StackHarness(services, supervisor, Xenserver(pool))
        yield stack
        backend: Any = stack.app.backend  # its Redis part is without types
        backend.result_consumer.subscribed_to.clear()  # a failed test's results outlive the server
        stack.app.close()
        previous.set_current()  # canvases are sent by the current application
