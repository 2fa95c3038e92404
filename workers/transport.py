"""A kombu transport for Redis that takes a message and notes it as unacknowledged in one step.

Kombu pops a message and writes its `unacked` entry afterwards: a worker that dies in between, or a
reply lost on the wire, loses the message for ever. Here a consumer waits without removing anything
(`BLMOVE q q RIGHT RIGHT` moves the oldest message onto its own place) and then takes it by a script
that pops and writes kombu's own entry, atomically. Keys and formats are kombu's: producers, Flower
and other consumers notice nothing.

Each list is waited for on a connection of its own, so that none is looked at late; kombu keeps
messages of another priority in lists of their own. What cannot be read as a message is put aside,
for it would end every worker it came to.
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
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)  # what a broken message raises

log = get_logger(__name__)


class QoS(stock.QoS):
    """Keeps account of messages whose unacked entry was written when they were taken."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Note a message in this process; Redis knows of it already."""
        virtual.QoS.append(self, message, delivery_tag)


class Waiter:
    """Waits for one list on a connection of its own."""

    def __init__(self, channel: "TakingChannel", name: str) -> None:
        self.name = name
        # kombu's own way to a client that tells when it is disconnected
        self.client = channel._create_client(asynchronous=True)  # noqa: SLF001 - see above
        self.since: float | None = None
        key = f"{channel.global_keyprefix}{name}"
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
            log.warning("no reply while waiting for %s: dropping the connection", self.name)
            self.client.connection.disconnect()


class TakingChannel:
    """What a channel of kombu's needs to take messages so; mixed into its Redis channels."""

    QoS: Any = QoS
    max_connections = 100  # kombu's ten are too few for a waiter for each list

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
        """The waiters, by the list each waits for."""
        return {}

    @cached_property
    def _no_ack(self) -> set[str]:
        return set()

    @cached_property
    def _redis(self) -> redis.Redis:
        return redis.Redis(connection_pool=self.pool)  # kombu's own would put the prefix twice

    @cached_property
    def _take(self) -> Any:
        text = resources.files("workers").joinpath("take.lua").read_text("utf-8")
        return self._redis.register_script(text)

    def basic_consume(self, queue: str, no_ack: bool, *rest: Any, **options: Any) -> Any:  # noqa: FBT001 - kombu's own signature
        """Consume from a queue."""
        if no_ack:
            self._no_ack.add(queue)
        return super().basic_consume(queue, no_ack, *rest, **options)  # type: ignore[misc]  # kombu's channel has it

    def waiters_of(self, queue: str) -> list[Waiter]:
        """Return the waiters of a queue, one for each of its lists."""
        return [self._waiter(queue, self._q_for_pri(queue, step)) for step in self.priority_steps]

    def _waiter(self, queue: str, name: str) -> Waiter:
        if name not in self.waiters:
            waiter = self.waiters[name] = Waiter(self, name)
            self.handlers[name] = partial(self.answer, queue, waiter)
        return self.waiters[name]

    def answer(self, queue: str, waiter: Waiter) -> bool:
        """Read what a waiter heard, and take a message if one may be had; raise Empty otherwise."""
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
            args=[time.time(), int(queue in self._no_ack), queue],
        )
        if item is None:
            return False
        message = loads(item.decode())
        try:
            self.connection._deliver(message, queue)  # noqa: SLF001 - as kombu's own channel does
        except UNREADABLE:
            log.exception("a message is put aside, in %s:unreadable", queue)
            self._redis.lpush(f"{prefix}{queue}:unreadable", item)
            self.qos.ack(message["properties"]["delivery_tag"])
        return True

    def _do_restore_message(self, payload: Any, *where: Any, **options: Any) -> Any:
        """Restore a message, also one in which what kombu marks is null."""
        payload["headers"] = payload.get("headers") or {}
        properties = payload["properties"]
        properties["delivery_info"] = properties.get("delivery_info") or {}
        return super()._do_restore_message(payload, *where, **options)  # type: ignore[misc]  # kombu's channel has it

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
            for waiter in channel.waiters_of(queue):
                if not self._client_registered(channel, waiter.client, waiter.name):
                    waiter.since = None
                    self._register(channel, waiter.client, waiter.name)
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
    """Return the transport for a broker's address; None where the broker is not Redis."""
    scheme = broker_url.partition("://")[0]
    cls = {"redis": Transport, "rediss": Transport, "redis+socket": Transport}.get(scheme)
    cls = SentinelTransport if scheme == "sentinel" else cls
    return f"{cls.__module__}:{cls.__qualname__}" if cls else None
