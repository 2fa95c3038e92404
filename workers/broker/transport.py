"""A kombu transport for Redis that takes a message and notes it as unacknowledged in one step.

Kombu pops a message and writes its `unacked` entry afterwards: a worker that dies in between, or a
reply lost on the wire, loses the message for ever. Here a consumer waits without removing anything
(`BLMOVE q q RIGHT RIGHT` moves the oldest message onto its own place) and then takes it by a script
that pops and writes kombu's own entry, atomically. Keys and formats are kombu's: producers, Flower
and other consumers notice nothing.

Each list is waited for on a connection of its own, so that none is looked at late; kombu keeps
messages of another priority in lists of their own. A message that cannot be delivered is answered
or put aside, whatever it is; a Redis that answers with errors is waited out.
"""

import json
import uuid
from collections.abc import Callable
from functools import cached_property, partial
from queue import Empty
from typing import Any

import redis
from kombu.log import get_logger
from kombu.transport import redis as stock
from kombu.utils.eventio import ERR, READ

from config import redis_replies
from workers.broker import dead_letters, envelope, salvage, scripts
from workers.broker.acknowledgement import MARK, TROUBLE, QoS
from workers.broker.admission import Admission, Early, Sound, Taken
from workers.broker.waiting import Waiter, is_lost

LETTERS_FOR = 30 * 86_400  # seconds dead letters are kept after the last came
LONGEST = 64 * 2**20  # bytes of a message, where no admission says less
RELEASED_AT_ONCE = 500

log = get_logger(__name__)


class _Prefixing(stock.PrefixedStrictRedis, redis_replies.NamingRedis):  # type: ignore[misc]  # kombu's pipelines put prefixes
    """A client that puts a prefix before keys, as kombu's does."""


class TakingChannel:
    """What a channel of kombu's needs to take messages so; mixed into its Redis channels."""

    QoS: Any = QoS
    max_connections = 100  # kombu's ten are too few for a waiter for each list

    # options of ours, beside kombu's
    admission: Admission | None = None
    dead_letters_key = "xenflow:dead_letters"
    delayed_key = "xenflow:delayed"
    activity: Any = None

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
    def unprefixed(self) -> redis.Redis:
        """A client that puts no prefix before keys: kombu's own puts it before some."""
        return redis_replies.NamingRedis(connection_pool=self.pool)

    def _get_client(self) -> Any:
        if self.global_keyprefix:
            return partial(_Prefixing, global_keyprefix=self.global_keyprefix)
        return redis_replies.NamingRedis

    @property
    def unacked_keys(self) -> list[str]:
        """The index and the entries of what is unacknowledged."""
        prefix = self.global_keyprefix
        return [f"{prefix}{self.unacked_index_key}", f"{prefix}{self.unacked_key}"]

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
        """Read what a waiter received, and take a message if there is one; raise Empty if not."""
        try:
            waiter.read()
            wanted = queue in self.active_queues and self.qos.can_consume()
            taken = self._take(queue) if wanted else None
        except TROUBLE as trouble:
            if is_lost(trouble):
                waiter.disconnect()
                raise
            waiter.pause(trouble)
            raise Empty from trouble
        waiter.answered()
        if taken is None:
            raise Empty
        if self.activity is not None:
            self.activity.taken += 1
        self._deliver(taken)
        return True

    def _take(self, queue: str) -> Taken | None:
        """Take the next message of a queue."""
        prefix = self.global_keyprefix
        lists = [f"{prefix}{self._q_for_pri(queue, step)}" for step in self.priority_steps]
        found = scripts.script(self.unprefixed, "take")(
            keys=[*self.unacked_keys, *lists],
            args=[
                f"{MARK}{uuid.uuid4().hex}",
                int(queue in self._no_ack),
                json.dumps(queue),
                self.admission.longest_message if self.admission else LONGEST,
                salvage.HEAD,
                salvage.TAIL,
                *self.priority_steps,
            ],
        )
        if found is None:
            return None
        item, length, tag, now = found
        whole = partial(self._whole, tag.decode())
        return Taken(item, length, queue=queue, tag=tag.decode(), now=float(now), whole=whole)

    def _whole(self, tag: str) -> bytes:
        """Return all of a message that was taken; nothing where that is not kept any more."""
        entry: Any = self.unprefixed.hget(self.unacked_keys[1], tag)
        return entry or b""

    def _deliver(self, taken: Taken) -> None:
        """Deliver a message, or answer it, park it, put it aside: it ends nothing."""
        try:
            admitted = self._admitted(taken)
            if isinstance(admitted, Early):
                self._delay(taken, admitted.until)
                return
            self._hand_over(taken, admitted)
        except envelope.Unreadable as problem:
            self._dead_letter(taken, str(problem))
        except TROUBLE:
            raise
        except Exception:
            log.exception("a message cannot be checked")
            self._dead_letter(taken, "it cannot be checked; the worker's log has the reason")

    def _admitted(self, taken: Taken) -> Sound | Early:
        if self.admission:
            return self.admission.admit(taken)
        message = envelope.read(taken.item, LONGEST)
        if not isinstance(message, dict) or not isinstance(message.get("properties"), dict):
            problem = "is not a message of kombu's"
            raise envelope.Unreadable(problem)
        message["properties"]["delivery_tag"] = taken.tag
        return Sound(message)

    def _hand_over(self, taken: Taken, sound: Sound) -> None:
        """Hand a message to Celery; refuse one that it fails on."""
        problem = self._failure(sound.message, taken.queue)
        if problem is None:
            return
        if self.admission:
            refusal = self.admission.refuse(taken, problem)
            if self._failure(refusal.message, taken.queue) is None:
                return
        raise envelope.Unreadable(problem)

    def _failure(self, message: Any, queue: str) -> str | None:
        """Deliver a message; return why Celery cannot take it, or None."""
        try:
            self.connection._deliver(message, queue)  # noqa: SLF001 - as kombu's own channel does
        except redis_replies.ReplyError as error:
            if not error.key:
                raise
            return f"message: it cannot be delivered: {error}"
        except TROUBLE:
            raise
        except Exception:
            log.exception("a message cannot be delivered")
            return "message: Celery cannot take it; the worker's log has the reason"
        return None

    def _dead_letter(self, taken: Taken, problem: str) -> None:
        log.error("a message from %s is put aside: %s", taken.queue, problem)
        self.dead_letter(
            taken.item,
            tag=taken.tag,
            queue=self.list_of(taken.queue, taken.tag),
            problem=problem,
            length=taken.length,
        )
        self.qos.ack(taken.tag)

    def dead_letter(
        self, item: bytes, *, tag: str, queue: str, problem: str, length: int = 0
    ) -> None:
        """Put a message into the list of dead letters, in place of what is unacknowledged."""
        letter = dead_letters.letter(item, tag=tag, queue=queue, problem=problem, length=length)
        count_key = dead_letters.count_key(self.dead_letters_key)
        scripts.script(self.unprefixed, "dead_letter")(
            keys=[*self.unacked_keys, self.dead_letters_key, count_key],
            args=[
                tag,
                letter.text(),
                dead_letters.MOST,
                LETTERS_FOR,
                int(queue in self._no_ack),
            ],
        )

    def _delay(self, taken: Taken, until: float) -> None:
        parked = self.list_of(taken.queue, taken.tag).encode() + b"\n" + taken.item
        scripts.script(self.unprefixed, "delay")(
            keys=[*self.unacked_keys, self.delayed_key], args=[taken.tag, until, parked]
        )

    def list_of(self, queue: str, tag: str) -> str:
        """Return the list that a message was taken from; its priority is in the tag."""
        step = int(tag.rpartition(":")[2])
        return str(self._q_for_pri(queue, step))

    def maintain(self) -> None:
        """Acknowledge what could not be before, restore what is overdue, release what is due."""
        self.qos.retry_acks()
        self.qos.restore_visible()
        scripts.script(self.unprefixed, "release")(
            keys=[self.delayed_key], args=[self.global_keyprefix, RELEASED_AT_ONCE]
        )

    def _receive_one(self, client: Any) -> Any:
        """Receive what was published; what cannot be read is passed over."""
        try:
            return super()._receive_one(client)  # type: ignore[misc]  # kombu's channel has it
        except (Empty, *TROUBLE):
            raise
        except Exception as error:
            log.exception("what was published cannot be read")
            raise Empty from error

    def _restore(self, message: Any, leftmost: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's own signature
        self.qos.restore_by_tag(message.delivery_tag, leftmost=leftmost)

    def _connparams(self, *args: Any, **options: Any) -> Any:
        """Refuse to connect a channel that is closed: kombu fails on it with an AttributeError."""
        if self.connection is None:
            raise redis.ConnectionError("the channel was closed when its connection was lost")
        return super()._connparams(*args, **options)  # type: ignore[misc]  # kombu's channel has it

    def _on_connection_disconnect(self, connection: Any) -> None:
        for waiter in self.waiters.values():
            if waiter.client.connection is connection:
                waiter.since = None
        super()._on_connection_disconnect(connection)  # type: ignore[misc]  # kombu's channel has it

    def _close_clients(self) -> None:
        for waiter in self.waiters.values():
            waiter.close()
        super()._close_clients()  # type: ignore[misc]  # kombu's channel has it


_OURS = ("admission", "dead_letters_key", "delayed_key", "activity")


class Channel(TakingChannel, stock.Channel):
    """For one Redis server."""

    from_transport_options = (*stock.Channel.from_transport_options, *_OURS)


class SentinelChannel(TakingChannel, stock.SentinelChannel):
    """For Redis behind Sentinels."""

    from_transport_options = (*stock.SentinelChannel.from_transport_options, *_OURS)


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
                if not waiter.is_paused:
                    self._start(channel, waiter)

    def _start(self, channel: TakingChannel, waiter: Waiter) -> None:
        try:
            if not self._client_registered(channel, waiter.client, waiter.name):
                waiter.since = None
                self._register(channel, waiter.client, waiter.name)
            waiter.start()
        except TROUBLE as trouble:
            if is_lost(trouble):
                raise
            waiter.pause(trouble)

    def maybe_restore_messages(self) -> None:
        """Keep the channels in order, one after the other."""
        for channel in self._channels:
            if not channel.active_queues:
                continue
            try:
                channel.maintain()
            except TROUBLE as trouble:
                log.warning("Redis answers %r: what is overdue waits", str(trouble)[:200])
                return

    def on_poll_init(self, poller: Any) -> None:
        """Begin with what is overdue."""
        self.poller = poller
        self.maybe_restore_messages()

    def on_readable(self, fileno: int) -> Any:
        """Read from the channel whose connection is readable; no message is in a waiter's reply."""
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
                channel.waiters[what].disconnect()
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
