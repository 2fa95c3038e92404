"""The simulator: a pool, its HTTP application, and the server."""

import asyncio
import concurrent.futures
import contextlib
import functools
import random
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from simulator import datamodel, housekeeping, inventory, methods
from simulator.clock import Clock
from simulator.command_line import UsageError
from simulator.control_api import Control
from simulator.http_app import HttpApplication
from simulator.http_protocol import Protocol
from simulator.pool import DEFAULT_ACCOUNTS, Pool
from simulator.rpc import Dispatcher
from simulator.sessions import Account
from simulator.stats import Stats
from simulator.tables import Database
from simulator.toolstack import Toolstack

KEEP_ALIVE_SECONDS = 12 * 3600  # as stunnel, which stands before the toolstack
BACKLOG = 2048
_ATTEMPTS = 20
_ROLES = "midnight-ride"
_JSON_RPC = "clearwater"
"""The releases that brought these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a simulator; port 0 means any free one."""

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 0
    speed: float = 1.0
    user: str = "root"
    password: str = "xenflow"  # noqa: S105 - a simulated pool guards nothing
    control: bool = False
    release: str | None = None
    pool: Path | None = None
    hosts: int = 0
    vms: int = 0
    do: Sequence[Mapping[str, Any]] = ()
    durations: Mapping[str, float] = field(default_factory=dict)


class Simulator:
    """A pool with its HTTP application, without sockets."""

    def __init__(self, options: Options) -> None:
        self._options, self._plan = options, _plan(options)
        release = datamodel.parse(options.release or self._plan.release)
        rng = random.Random(options.seed)  # noqa: S311 - determinism is the point
        self.pool = Pool(
            Database(datamodel.load(release), rng),
            Clock(speed=options.speed),
            rng,
            accounts=_accounts(options, release),
        )
        self.pool.durations.update(options.durations)
        inventory.build(self.pool, self._plan)
        stats = Stats()
        self.dispatcher = Dispatcher(self.pool, methods.load(), stats)
        self.app = HttpApplication(
            self.dispatcher, self.pool, stats, speaks_json=release.has(_JSON_RPC)
        )
        self.control = Control(self.pool, stats, Toolstack(self.pool, self.dispatcher, self.app))
        if options.control:
            self.app.control = self.control.answer
        else:
            self.pool.effects.limit(0)

    async def prepare(self) -> None:
        """Execute the commands of the pool file and of the options, in their order."""
        for number, order in enumerate(self._plan.do):
            await self._execute(order, f"do[{number}]", inventory.PoolFileError)
        for each in self._options.do:
            await self._execute(each, f"--do {dict(each)}", UsageError)

    async def _execute(
        self, order: Mapping[str, Any], place: str, error_class: type[Exception]
    ) -> None:
        try:
            await self.control.execute(order)
        except ValueError as error:
            raise error_class(f"{place}: {error}") from error

    def addresses(self, host: str) -> list[str]:
        """Return the addresses to listen at: the coordinator's, and the members' on loopback."""
        members = [
            str(self.pool.db.get("host", ref)["address"]) for ref in self.pool.db.refs("host")
        ]
        return [host, *(each for each in members if each != host and host.startswith("127."))]


def _accounts(options: Options, release: datamodel.Release) -> tuple[Account, ...]:
    """Return who may log in: before there were roles, the superuser only."""
    superuser = Account(options.user, options.password)
    others = DEFAULT_ACCOUNTS[1:] if release.has(_ROLES) else ()
    return (*others, superuser)


def _plan(options: Options) -> inventory.Plan:
    plan = inventory.read(options.pool) if options.pool else inventory.default()
    return inventory.grown(plan, hosts=options.hosts, vms=options.vms, seed=options.seed)


class Served:
    """A running simulator: its URL, and how to stop it."""

    def __init__(self, simulator: Simulator, url: str) -> None:
        self.pool = simulator.pool
        self.url = url
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()

    def stop(self) -> None:
        """End the server, from any thread."""
        self._loop.call_soon_threadsafe(self._end.set)

    async def ended(self) -> None:
        """Wait until the server is stopped."""
        await self._end.wait()


@contextlib.asynccontextmanager
async def serving(options: Options) -> AsyncIterator[Served]:
    """Serve a pool while the body runs."""
    simulator = Simulator(options)
    await simulator.prepare()
    sockets = listen(simulator.addresses(options.host), options.port)
    url = f"http://{options.host}:{sockets[0].getsockname()[1]}"
    simulator.pool.url = url
    sweeping = asyncio.create_task(housekeeping.run(simulator.pool))
    try:
        async with _listening(simulator.app, sockets):
            yield Served(simulator, url)
    finally:
        sweeping.cancel()


@contextlib.asynccontextmanager
async def _listening(app: HttpApplication, sockets: list[socket.socket]) -> AsyncIterator[None]:
    """Serve HTTP on these sockets; at the end abort open requests."""
    config, state = _config(app), ServerState()
    config.load()

    connect = functools.partial(Protocol, app, config, state)
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(connect, sock=each, backlog=BACKLOG) for each in sockets]
    try:
        yield
    finally:
        for server in servers:
            server.close()
        app.disconnect(stop=True)


@contextlib.contextmanager
def serve_in_thread(options: Options | None = None) -> Iterator[Served]:
    """Serve a pool from a thread of this process while the body runs; raise why it cannot start."""
    started: concurrent.futures.Future[Served] = concurrent.futures.Future()

    async def serve() -> None:
        async with serving(options or Options(control=True)) as served:
            started.set_result(served)
            await served.ended()

    def run() -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    served = started.result()
    try:
        yield served
    finally:
        served.stop()
        thread.join()


def _config(app: HttpApplication) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


def listen(addresses: list[str], port: int) -> list[socket.socket]:
    """Bind all addresses to one port; where loopback has only one address, that one suffices."""
    for _ in range(_ATTEMPTS):
        first = _bind(addresses[0], port)
        chosen = first.getsockname()[1]
        others = []
        try:
            others = [_bind(address, chosen) for address in addresses[1:] if _is_ours(address)]
        except OSError:
            first.close()
            if port:
                raise
            continue
        return [first, *others]
    raise OSError("found no port that is free at all addresses")


def _bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # Only where TCP is named does asyncio send at once; else each answer waits 40 ms for an ACK.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    bound.settimeout(0)
    return bound


def _is_ours(address: str) -> bool:
    """Return whether this machine has the address: macOS has only one on loopback."""
    try:
        _bind(address, 0).close()
    except OSError:
        return False
    return True
