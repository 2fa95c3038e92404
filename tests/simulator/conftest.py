"""A simulated pool for each test, and clients that speak to it over both transports."""

import http.client
import json
import urllib.parse
import xmlrpc.client
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from simulator.server import Options, Served, serve_in_thread

TIMEOUT = 20.0


@dataclass(frozen=True)
class HttpAnswer:
    """An HTTP answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    closes: bool


def ask(
    url: str,
    verb: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpAnswer:
    """Send one HTTP request on a connection of its own."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=TIMEOUT)
    try:
        connection.request(verb, path, body, dict(headers or {}))
        answer = connection.getresponse()
        read = answer.read()
        reported = {name.lower(): value for name, value in answer.getheaders()}
        return HttpAnswer(answer.status, reported, read, answer.will_close)
    finally:
        connection.close()


class Wire:
    """Speaks one of the dialects to one address."""

    def __init__(self, url: str, dialect: str) -> None:
        self.url = url
        self.dialect = dialect

    def __call__(self, method: str, *params: Any, headers: Mapping[str, str] | None = None) -> Any:
        """Return the value of a call that must succeed."""
        value, refusal = self._exchange(method, params, headers)
        assert refusal is None, f"{method}: {refusal}"
        return value

    def refusal(self, method: str, *params: Any) -> list[str]:
        """Return code and parameters of a call that must be refused."""
        value, refusal = self._exchange(method, params, None)
        assert refusal is not None, f"{method} was not refused: {value}"
        return refusal

    def _exchange(
        self, method: str, params: tuple[Any, ...], headers: Mapping[str, str] | None
    ) -> tuple[Any, list[str] | None]:
        return (self._json if self.dialect == "json" else self._xml)(method, params, headers)

    def _json(
        self, method: str, params: tuple[Any, ...], headers: Mapping[str, str] | None
    ) -> tuple[Any, list[str] | None]:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        http_answer = ask(self.url, "POST", "/jsonrpc", json.dumps(call).encode(), headers)
        answer = json.loads(http_answer.body)
        if "error" in answer:
            return None, [answer["error"]["message"], *answer["error"]["data"]]
        return answer["result"], None

    def _xml(
        self, method: str, params: tuple[Any, ...], headers: Mapping[str, str] | None
    ) -> tuple[Any, list[str] | None]:
        call = xmlrpc.client.dumps(params, method, allow_none=True).encode()
        http_answer = ask(self.url, "POST", "/", call, headers)
        (answer,), _ = xmlrpc.client.loads(http_answer.body, use_builtin_types=False)
        assert isinstance(answer, dict)
        if answer["Status"] == "Failure":
            return None, list(answer["ErrorDescription"])
        return answer["Value"], None


class Xen:
    """A client that has logged in; its calls need no session."""

    def __init__(
        self,
        wire: Wire,
        threads: ThreadPoolExecutor,
        user: str = "root",
        originator: str | None = "tests",
    ) -> None:
        self.wire = wire
        more = () if originator is None else (originator,)
        self.session = wire("session.login_with_password", user, "xenflow", "1.0", *more)
        self._threads = threads

    def __call__(self, method: str, *params: Any, headers: Mapping[str, str] | None = None) -> Any:
        """Return the value of a call that must succeed."""
        return self.wire(method, self.session, *params, headers=headers)

    def refusal(self, method: str, *params: Any) -> list[str]:
        """Return code and parameters of a call that must be refused."""
        return self.wire.refusal(method, self.session, *params)

    def later(self, method: str, *params: Any) -> Future[Any]:
        """Make a call that blocks from a thread of its own."""
        return self._threads.submit(self, method, *params)

    def later_refusal(self, method: str, *params: Any) -> Future[list[str]]:
        """Make a call that blocks, and is then refused, from a thread of its own."""
        return self._threads.submit(self.refusal, method, *params)

    def find(self, cls: str, name: str) -> str:
        """Return the reference of the one object that has this name."""
        (ref,) = self(f"{cls}.get_by_name_label", name)
        return str(ref)

    def token(self) -> str:
        """Return a token from which only what happens after this call is reported."""
        return str(self("event.from", ["*"], "", 0.0)["token"])

    def events(self, classes: list[str], token: str, seconds: float = 10.0) -> list[dict[str, Any]]:
        """Wait for events after the token."""
        return list(self("event.from", classes, token, seconds)["events"])

    def appeared(self, token: str, name: str) -> str:
        """Wait for a task of this name to be made after the token, and give its reference."""
        while True:
            batch = self("event.from", ["task"], token, 10.0)
            token = batch["token"]
            for event in batch["events"]:
                if event["operation"] == "add" and event["snapshot"]["name_label"] == name:
                    return str(event["ref"])
            assert batch["events"], f"no task {name}"

    def ended(self, task: str) -> dict[str, Any]:
        """Wait for a task's end and give its record."""
        token = self.token()
        while (record := self("task.get_record", task))["status"] == "pending":
            token = self("event.from", [f"task/{task}"], token, 10.0)["token"]
        return dict(record)


@pytest.fixture
def options() -> Options:
    """How the pool is started: as fast as can be, with the control API open."""
    return Options(seed=1, speed=200.0, control=True)


@pytest.fixture
def served(options: Options) -> Iterator[Served]:
    """Serve a pool of this test's own."""
    with serve_in_thread(options) as running:
        yield running


@pytest.fixture
def http_request(served: Served) -> Callable[..., HttpAnswer]:
    """Send one HTTP request to the pool: verb, path, body, headers."""

    def send(*request: Any, **more: Any) -> HttpAnswer:
        return ask(served.url, *request, **more)

    return send


@pytest.fixture
def control(served: Served) -> Callable[..., dict[str, Any]]:
    """Return an order at the control app: hold, advance, fault, journal ..."""

    def order(do: str, **fields: Any) -> dict[str, Any]:
        http_answer = ask(served.url, "POST", "/control", json.dumps({"do": do, **fields}).encode())
        assert http_answer.status == http.client.OK, http_answer.body
        return dict(json.loads(http_answer.body))

    return order


@pytest.fixture
def held(control: Callable[..., dict[str, Any]]) -> Callable[[float], dict[str, Any]]:
    """Hold the clock; call the fixture to advance it by seconds."""
    control("hold")
    return lambda seconds: control("advance", seconds=seconds)


@pytest.fixture(params=["json", "xml"])
def wire(served: Served, request: pytest.FixtureRequest) -> Wire:
    """Return a client that has not logged in, once for each dialect."""
    return Wire(served.url, request.param)


@pytest.fixture
def make_wire() -> Callable[[str, str], Wire]:
    """Return what makes a client of an address and a dialect."""
    return Wire


@pytest.fixture
def make_xen() -> Callable[..., Xen]:
    """Return what makes a client that has logged in."""
    return Xen


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Threads for calls that block."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def xen(wire: Wire, threads: ThreadPoolExecutor) -> Xen:
    """Return a client that has logged in as root, once for each dialect."""
    return Xen(wire, threads)


@pytest.fixture
def login(wire: Wire, threads: ThreadPoolExecutor) -> Callable[[str], Xen]:
    """Log in as somebody: `reader` may only read, `operator` is a vm-operator."""
    return lambda user: Xen(wire, threads, user)


@pytest.fixture
def halted(xen: Xen) -> str:
    """Find a halted VM with a disk and a network interface."""
    return xen.find("VM", "web02")


@pytest.fixture
def running(xen: Xen) -> str:
    """Find a running VM."""
    return xen.find("VM", "web01")


@pytest.fixture
def machine_record() -> Callable[..., dict[str, Any]]:
    """Return the record of a VM for VM.create, with what differs."""
    return lambda **fields: {**_MACHINE, **fields}


@pytest.fixture
def drive_record() -> Callable[..., dict[str, Any]]:
    """Return the record of a VM's drive for VBD.create, with what differs: empty without a VDI."""
    return lambda vm, **fields: {**_DRIVE, "VM": vm, "empty": "VDI" not in fields, **fields}


@pytest.fixture
def interface_record(xen: Xen) -> Callable[..., dict[str, Any]]:
    """Return the record of a VM's interface for VIF.create, with what differs."""
    network = xen.find("network", "lab")
    return lambda vm, **fields: {**_INTERFACE, "VM": vm, "network": network, **fields}


@pytest.fixture
def disk_record(xen: Xen) -> Callable[..., dict[str, Any]]:
    """Return the record of a disk on the shared repository for VDI.create, with what differs."""
    sr = xen.find("SR", "NFS virtual disk storage")
    return lambda **fields: {**_DISK, "SR": sr, **fields}


_MACHINE = {
    "name_label": "made",
    "name_description": "",
    "user_version": 1,
    "is_a_template": False,
    "affinity": "OpaqueRef:NULL",
    "memory_static_max": 1 << 28,
    "memory_dynamic_max": 1 << 28,
    "memory_dynamic_min": 1 << 28,
    "memory_static_min": 1 << 28,
    "VCPUs_params": {},
    "VCPUs_max": 1,
    "VCPUs_at_startup": 1,
    "actions_after_shutdown": "destroy",
    "actions_after_reboot": "restart",
    "actions_after_crash": "restart",
    "PV_bootloader": "pygrub",
    "PV_kernel": "",
    "PV_ramdisk": "",
    "PV_args": "",
    "PV_bootloader_args": "",
    "PV_legacy_args": "",
    "HVM_boot_policy": "",
    "HVM_boot_params": {},
    "platform": {},
    "PCI_bus": "",
    "other_config": {},
    "recommendations": "",
}
_DRIVE = {
    "VDI": "OpaqueRef:NULL",
    "userdevice": "autodetect",
    "bootable": False,
    "mode": "RW",
    "type": "Disk",
    "unpluggable": True,
    "other_config": {},
    "qos_algorithm_type": "",
    "qos_algorithm_params": {},
}
_INTERFACE = {
    "device": "1",
    "MAC": "",
    "MTU": 1500,
    "other_config": {},
    "qos_algorithm_type": "",
    "qos_algorithm_params": {},
}
_DISK = {
    "name_label": "made",
    "name_description": "",
    "virtual_size": 1 << 30,
    "type": "user",
    "sharable": False,
    "read_only": False,
    "other_config": {},
}
