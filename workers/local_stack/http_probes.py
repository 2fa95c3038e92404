"""Probes over HTTP: what Flower shows, what the simulator counted."""

import base64
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workers.local_stack.supervisor import INTERVAL, StackError

_SECONDS = 10.0  # time limit of a request
_EVENTS = 15.0  # seconds until Flower must know an end: events come a little later
_SHOWN = ("name", "uuid", "state", "received", "started", "runtime", "retries", "worker")


@dataclass(frozen=True)
class Flower:
    """Flower at an address, with user and password."""

    url: str
    password: str
    user: str = "xenflow"

    def healthy(self) -> bool:
        """Whether it serves."""
        try:
            self._get("/healthcheck")
        except OSError:
            return False
        return True

    def wait_for(self, task: str, *, state: str) -> dict[str, Any]:
        """Return what it shows of a task, once the task has that state."""
        deadline = time.monotonic() + _EVENTS
        while time.monotonic() < deadline:
            shown = self.task(task)
            if shown.get("state") == state:
                return {name: _readable(name, shown.get(name)) for name in _SHOWN}
            time.sleep(INTERVAL)
        raise StackError(f"Flower does not show that {task} is {state}")

    def task(self, task: str) -> dict[str, Any]:
        """Return what it shows of a task; an empty dict for an unknown one."""
        try:
            return dict(json.loads(self._get(f"/api/task/info/{task}")))
        except OSError:
            return {}

    def tasks(self, **wanted: str) -> list[dict[str, Any]]:
        """Return all tasks it knows."""
        query = urllib.parse.urlencode(wanted)
        return list(json.loads(self._get(f"/api/tasks?{query}")).values())

    def _get(self, path: str) -> bytes:
        credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return _ask(f"{self.url}{path}", headers={"Authorization": f"Basic {credentials}"})


def _readable(name: str, value: Any) -> Any:
    """Return times as people read them, and numbers rounded."""
    if name in {"received", "started"} and value is not None:
        return time.strftime("%H:%M:%S", time.localtime(value))
    return round(value, 3) if isinstance(value, float) else value


def stats(pool: str) -> dict[str, Any]:
    """Return what a simulated pool with the control API has counted."""
    return dict(json.loads(_ask(f"{pool}/control", data=b'{"do": "stats"}')))


def _ask(url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
    request = urllib.request.Request(url, data=data, headers=dict(headers or {}))  # noqa: S310 - http
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - likewise
        return bytes(answer.read())
