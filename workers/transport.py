"""A kombu transport for Redis that takes a message and notes it as unacknowledged in one step.

Kombu pops a message and writes its `unacked` entry afterwards: a worker that dies in between, or a
reply lost on the wire, loses the message for ever. Here a consumer waits without removing anything
(`BLMOVE q q RIGHT RIGHT` moves the oldest message onto its own place) and then takes it by a script
that pops and writes kombu's own entry, atomically. Keys and formats are kombu's: producers, Flower
and other consumers notice nothing.

Each queue is waited for on a connection of its own, so that none is looked at late.
"""

import time
from collections.abc import Callable
from functools import cached_property, partial
from importlib import resources
from queue import Empty
from typing import Any

import redis
from kombu.log import get_logger
from kombu.transport import redis as stock
from kombu.transport import virtual
from kombu.utils.eventio import ERR, READ
from kombu.utils.json import loads

WAIT = 5.0  # seconds Redis holds one waiting; a reply that is overdue means a dead connection
OVERDUE = 10.0  # seconds beyond that

log = get_logger(__name__)


class QoS(stock.QoS):
    """Keeps account of messages whose unacked entry was written when they were taken."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Note a message in this process; Redis knows of it already."""
        virtual.QoS.append(self, message, delivery_tag)


class Waiter:
    """Waits for one queue on a connection of its own."""

    def __init__(self, channel: "TakingChannel", queue: str) -> None:
        self.queue = queue
        # kombu's own way to a client that tells when it is disconnected
        self.client = channel._create_client(asynchronous=True)  # noqa: SLF001 - see above
        self.since: float | None = None
        key = f"{channel.global_keyprefix}{queue}"
        self._command = ("BLMOVE", key, key, "RIGHT", "RIGHT", WAIT)

    def start(self) -> None:
        """Wait, unless it does so already."""
        if self.since is None:
            self.client.connection.send_command(*self._command)
            self.since = time.monotonic()

    def read(self) -> None:
        """Read the reply: there may be a message, or the time is over."""
        self.since = None
        self.client.connection.read_response()

    def check(self) -> None:
        """Drop a connection whose reply is overdue."""
        if self.since is not None and time.monotonic() - self.since > WAIT + OVERDUE:
            log.warning("no reply while waiting for %s: dropping the connection", self.queue)
            self.client.connection.disconnect()


class TakingChannel:
    """What a channel of kombu's needs to take messages so; mixed into its Redis channels."""

    QoS: Any = QoS

    # what the channel it is mixed into has
    global_keyprefix: str
    priority_steps: Any
    unacked_key: str
    unacked_index_key: str
    active_queues: Any
    connection_errors: tuple[type[Exception], ...]
    handlers: dict[str, Callable[[], Any]]
    connection: Any
    pool: Any
    qos: Any
    _create_client: Any
    _q_for_pri: Any

    @cached_property
    def waiters(self) -> dict[str, Waiter]:
        """The waiters, by queue."""
        return {}

    @cached_property
    def _no_ack(self) -> set[str]:
        return set()

    @cached_property
    def _take(self) -> Any:
        text = resources.files("workers").joinpath("take.lua").read_text("utf-8")
        return redis.Redis(connection_pool=self.pool).register_script(text)

    def basic_consume(self, queue: str, no_ack: bool, *rest: Any, **options: Any) -> Any:  # noqa: FBT001 - kombu's own signature
        """Consume from a queue."""
        if no_ack:
            self._no_ack.add(queue)
        return super().basic_consume(queue, no_ack, *rest, **options)  # type: ignore[misc]  # kombu's channel has it

    def waiter(self, queue: str) -> Waiter:
        """Give the waiter of a queue."""
        if queue not in self.waiters:
            self.waiters[queue] = Waiter(self, queue)
            self.handlers[queue] = partial(self.answer, queue)
        return self.waiters[queue]

    def answer(self, queue: str) -> bool:
        """Read what a waiter heard, and take a message if one may be had; raise Empty otherwise."""
        waiter = self.waiter(queue)
        try:
            waiter.read()
        except self.connection_errors:
            waiter.client.connection.disconnect()
            raise
        if queue not in self.active_queues or not self.qos.can_consume() or not self.take(queue):
            raise Empty
        return True

    def take(self, queue: str) -> bool:
        """Take the next message of a queue and deliver it; tell whether there was one."""
        prefix = self.global_keyprefix
        keys = [f"{prefix}{self._q_for_pri(queue, step)}" for step in self.priority_steps]
        item = self._take(
            keys=[f"{prefix}{self.unacked_index_key}", f"{prefix}{self.unacked_key}", *keys],
            args=[time.time(), int(queue in self._no_ack)],
        )
        if item is None:
            return False
        self.connection._deliver(loads(item.decode()), queue)  # noqa: SLF001 - as kombu's own channel does
        return True

    def _on_connection_disconnect(self, connection: Any) -> None:
        for waiter in self.waiters.values():
            if waiter.client.connection is connection:
                waiter.since = None
        super()._on_connection_disconnect(connection)  # type: ignore[misc]  # kombu's channel has it

    def _close_clients(self) -> None:
        for waiter in self.waiters.values():
            connection, waiter.client.connection = waiter.client.connection, None
            if connection is not None:
                connection.disconnect()
        super()._close_clients()  # type: ignore[misc]  # kombu's channel has it


class Channel(TakingChannel, stock.Channel):
    """For one Redis server."""


class SentinelChannel(TakingChannel, stock.SentinelChannel):
    """For Redis behind Sentinels."""


class Cycle(stock.MultiChannelPoller):
    """Polls the connections of waiters in place of one BRPOP for all queues."""

    # what the stubs do not know of kombu's poller
    _channels: set[TakingChannel]
    _fd_to_chan: dict[int, tuple[Any, str]]
    _register: Callable[[Any, Any, str], None]
    _client_registered: Callable[[Any, Any, str], bool]

    def _register_BRPOP(self, channel: TakingChannel) -> None:  # noqa: N802 - kombu's name
        for queue in channel.active_queues:
            waiter = channel.waiter(queue)
            if not self._client_registered(channel, waiter.client, queue):
                waiter.since = None
                self._register(channel, waiter.client, queue)
            waiter.start()

    def on_readable(self, fileno: int) -> Any:
        """Let the channel read whose connection can be read; no message is in a waiter's reply."""
        if fileno not in self._fd_to_chan:
            return None
        channel, what = self._fd_to_chan[fileno]
        return channel.handlers[what]()

    def handle_event(self, fileno: int, event: int) -> Any:
        """Read, or note a broken connection."""
        if event & READ:
            return self.on_readable(fileno), self
        if event & ERR and fileno in self._fd_to_chan:
            channel, what = self._fd_to_chan[fileno]
            if what in channel.waiters:
                channel.waiters[what].client.connection.disconnect()
            else:
                channel._poll_error(what)  # noqa: SLF001 - as kombu's own poller does
        return None

    def maybe_check_brpop_health(self) -> None:
        """Drop connections whose reply is overdue."""
        for channel in self._channels:
            for waiter in channel.waiters.values():
                waiter.check()


class Transport(stock.Transport):
    """Kombu's Redis transport, taking messages so."""

    Channel: Any = Channel

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.cycle = Cycle()


class SentinelTransport(Transport):
    """The same behind Sentinels."""

    default_port = stock.SentinelTransport.default_port
    Channel = SentinelChannel


def name(broker_url: str) -> str | None:
    """Give the transport for a broker's address; None where the broker is not Redis."""
    scheme = broker_url.partition("://")[0]
    cls = {"redis": Transport, "rediss": Transport, "redis+socket": Transport}.get(scheme)
    cls = SentinelTransport if scheme == "sentinel" else cls
    return f"{cls.__module__}:{cls.__qualname__}" if cls else None
