"""The simulator: 64 hosts, 10,000 VMs and as many tasks, 500 long polls in one process.

Server time is the CPU time of the simulator's process, by /proc of Linux, so that the client's
share does not count.
"""

import contextlib
import http.client
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.figures import Figure

HOSTS, VMS, SMALL, POLLS, CALLS = 64, 10_000, 100, 500, 200
_MIB = 1 << 20
_PLAINLY = (False, False)
"""The last parameters of VM.start and VM.resume: not paused, not by force."""


def run() -> Iterator[Figure]:
    """Return the figures of a large pool, beside limits and those of a small one."""
    if not Path("/proc/self/schedstat").exists():
        raise SystemExit("the CPU time of a process is read from /proc of Linux, which is not here")
    with _serve(SMALL) as small:
        few = small.costs()
    with _serve(VMS) as large:
        yield Figure(f"start with {VMS:,} VMs", large.started, "s", "limit", 30)
        yield Figure("VM.get_all_records, first", large.records(), "s", "limit", 1)
        yield Figure("VM.get_all_records, again", large.records(), "s", "limit", 1)
        for method, cost in large.costs().items():
            yield Figure(method, cost * 1e6, "µs", f"with {SMALL} VMs", few[method] * 1e6)
        yield Figure(f"{POLLS} long polls answered", large.long_polls(), "s", "limit", 1)
        yield Figure("tasks in flight", large.tasks(), "", "wanted", VMS)
        yield Figure("memory", large.memory(), "MiB", "limit", 1024)


class _Pool:
    """A simulator in a process of its own, and a client of it."""

    def __init__(self, pid: int, url: str, started: float) -> None:
        self.started = started
        self._pid = pid
        self._address = url.removeprefix("http://").strip()
        self._connection = http.client.HTTPConnection(self._address)
        self._session = self._call("session.login_with_password", "root", "xenflow")

    def records(self) -> float:
        """Return the server time of reading all VMs."""
        return self._server_time(lambda: self("VM.get_all_records"))

    def costs(self) -> dict[str, float]:
        """Return the server time of one call of some methods."""
        (vm,) = self("VM.get_by_name_label", "web02")
        disk = self("VBD.get_VDI", self("VM.get_VBDs", vm)[0])
        names = (f"name {number}" for number in itertools.count())
        calls: dict[str, Callable[[], Any]] = {
            "VM.get_record": lambda: self("VM.get_record", vm),
            "VM.get_by_name_label": lambda: self("VM.get_by_name_label", "web02"),
            "VM.set_name_description": lambda: self("VM.set_name_description", vm, next(names)),
            "VM.clone": lambda: self("VM.clone", vm, next(names)),
            "VM.start, hard_shutdown": lambda: (
                self("VM.start", vm, *_PLAINLY),
                self("VM.hard_shutdown", vm),
            ),
            "VDI.snapshot, destroy": lambda: self("VDI.destroy", self("VDI.snapshot", disk)),
            "event.from of a task": lambda: self("event.from", ["task"], "", 0.0),
        }
        return {name: self._server_time(call, CALLS) for name, call in calls.items()}

    def long_polls(self) -> float:
        """Return the time until all long polls have heard of a change."""
        (vm,) = self("VM.get_by_name_label", "web02")
        token = self("event.from", [f"vm/{vm}"], "", 0.0)["token"]
        polls = [http.client.HTTPConnection(self._address) for _ in range(POLLS)]
        for poll in polls:
            _send(poll, "event.from", self._session, [f"vm/{vm}"], token, 60.0)
        while self._control("stats")["requests"]["open"] <= POLLS:
            pass
        began = time.monotonic()
        self("VM.set_name_description", vm, "changed")
        for poll in polls:
            assert _receive(poll)["events"]  # noqa: S101 - a benchmark measures what works
            poll.close()
        return time.monotonic() - began

    def tasks(self) -> int:
        """Start as many tasks as there are VMs; return how many are pending at once."""
        self._control("hold")
        methods: dict[str, tuple[str, tuple[bool, ...]]] = {
            "Running": ("Async.VM.hard_reboot", ()),
            "Halted": ("Async.VM.start", _PLAINLY),
            "Suspended": ("Async.VM.resume", _PLAINLY),
        }
        for ref, vm in self("VM.get_all_records").items():
            if vm["name_label"].startswith("vm"):
                method, more = methods[vm["power_state"]]
                self(method, ref, *more)
        return int(self._control("stats")["tasks"]["pending"])

    def memory(self) -> float:
        """Return the largest resident size so far."""
        status = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / _MIB

    def __call__(self, method: str, *params: object) -> Any:  # noqa: ANN401 - a wire value
        """Return the answer of a call in this client's session."""
        return self._call(method, self._session, *params)

    def _call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - a wire value
        _send(self._connection, method, *params)
        return _receive(self._connection)

    def _control(self, order: str) -> dict[str, Any]:
        self._connection.request("POST", "/control", json.dumps({"do": order}))
        return dict(json.loads(self._connection.getresponse().read()))

    def _server_time(self, call: Callable[[], Any], times: int = 1) -> float:
        before = self._used()
        for _ in range(times):
            call()
        return (self._used() - before) / times

    def _used(self) -> float:
        return (
            int(Path(f"/proc/{self._pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
        )


def _send(connection: http.client.HTTPConnection, method: str, *params: object) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    connection.request("POST", "/jsonrpc", json.dumps(call))


def _receive(connection: http.client.HTTPConnection) -> Any:  # noqa: ANN401 - a wire value
    answer = json.loads(connection.getresponse().read())
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"]


@contextlib.contextmanager
def _serve(vms: int) -> Iterator[_Pool]:
    began = time.monotonic()
    command = [sys.executable, "-m", "simulator", "--control", "--speed", "1000"]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--hosts", str(HOSTS), "--vms", str(vms)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout  # noqa: S101 - it is a pipe
        line = process.stdout.readline()
        yield _Pool(process.pid, line.removeprefix("listening on "), time.monotonic() - began)
    finally:
        process.terminate()
        process.wait()
