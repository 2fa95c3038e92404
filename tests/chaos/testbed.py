"""Everything a round happens on: Valkey, a simulated pool, proxies before both, and processes."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.chaos.pool import Pool
from tests.chaos.processes import Processes
from tests.chaos.proxy import LOOPBACK, Proxy
from tests.chaos.redis_server import RedisServer
from tests.stack import StackHarness, running_stack
from workers.local_stack.supervisor import XENFLOW, Supervisor

SPEED = 5.0  # simulated seconds per second
AHEAD = "3600"  # seconds by which the clock of the last worker is ahead


@dataclass(frozen=True)
class Timing:
    """The settings of the processes, and how long faults last because of them."""

    scale: float
    call_timeout: float
    late: float
    quiet: float
    settings: Mapping[str, str] = field(default_factory=dict)


DEFAULTS = Timing(scale=3.5, call_timeout=30.0, late=90.0, quiet=180.0)
"""The product's own settings; faults outlast its leases and its visibility timeout."""

SHORT = Timing(
    scale=1.0,
    call_timeout=3.0,
    late=9.0,
    quiet=90.0,
    settings={"visibility_timeout": "4", "lease": "3"},
)
"""Short leases and timeouts, so that a round takes a minute."""


@dataclass(frozen=True)
class System:
    """What is tested: commands by the name of the process, and which of them play which part."""

    name: str
    commands: Mapping[str, Sequence[str]]
    parts: Mapping[str, Sequence[str]]


XENFLOW_SYSTEM = System(
    name="xenflow",
    commands={
        "w1": [*XENFLOW, "worker", "--name=w1"],
        "w2": [sys.executable, "-m", "tests.chaos.clock_ahead", AHEAD, "worker", "--name=w2"],
        "p1": [*XENFLOW, "poller", "--name=p1"],
        "p2": [*XENFLOW, "poller", "--name=p2"],
    },
    parts={"worker": ("w1", "w2"), "poller": ("p1", "p2")},
)

_PLAIN = [sys.executable, "-m", "celery", "-A", "tests.chaos.plain", "worker", "-c", "4", "-n"]
PLAIN_SYSTEM = System(
    name="plain Celery",
    commands={"w1": [*_PLAIN, "w1@plain"], "w2": [*_PLAIN, "w2@plain"]},
    parts={"worker": ("w1", "w2"), "poller": ("w1", "w2")},
)


@dataclass(frozen=True)
class Testbed:
    """All parts of a round, as faults and books reach for them."""

    system: System
    timing: Timing
    stack: StackHarness
    redis: RedisServer
    xenserver: Pool
    to_redis: Proxy
    to_xenserver: Proxy
    processes: Processes

    @property
    def parts(self) -> Mapping[str, Sequence[str]]:
        """The names of the processes, by their part."""
        return self.system.parts

    def start(self) -> None:
        """Start the processes."""
        for name, command in self.system.commands.items():
            self.processes.start(name, command)


@contextmanager
def testbed(folder: Path, system: System, timing: Timing, *, fsync: str) -> Iterator[Testbed]:
    """Keep everything but the processes of the system, which the round starts."""
    with (
        running_stack(folder, speed=SPEED) as stack,
        Proxy(_port(stack.services.environment["XENFLOW_REDIS_URL"])) as to_redis,
        Proxy(_port(stack.xenserver.url)) as to_xenserver,
        Supervisor(folder) as supervisor,
    ):
        url = stack.services.environment["XENFLOW_REDIS_URL"]
        [valkey] = [managed for managed in stack.processes if managed.name == "valkey"]
        redis = RedisServer(url, supervisor, valkey)
        redis.configure(fsync=fsync)
        _use_proxies(stack, to_redis, to_xenserver, timing)
        with Processes(supervisor, stack.environment) as processes:
            yield Testbed(
                system,
                timing,
                stack,
                redis,
                Pool(stack.xenserver),
                to_redis,
                to_xenserver,
                processes,
            )


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port, url
    return port


def _use_proxies(stack: StackHarness, to_redis: Proxy, to_xenserver: Proxy, timing: Timing) -> None:
    """Connect the processes to Redis and XenServer through the proxies."""
    direct = stack.services.environment["XENFLOW_REDIS_URL"]
    url = direct.replace(f":{_port(direct)}/", f":{to_redis.port}/")
    targets = stack.services.folder / "proxied.toml"
    targets.write_text(
        f'[default]\nurl = "http://{LOOPBACK}:{to_xenserver.port}"\nuser = "root"\n'
        f'password_file = "pool.password"\ntimeout = {timing.call_timeout}\n',
        encoding="utf-8",
    )
    stack.services.choose(
        **dict.fromkeys(("redis_url", "broker_url", "result_backend"), url),
        targets=str(targets),
        **timing.settings,
    )
