"""Acknowledgements: what is done is removed from Redis, at once or as soon as Redis allows it.

A worker's slot is free when its message is done, whatever Redis answers: an acknowledgement that
fails is tried again. One that never succeeds costs a second delivery, which has no effect.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from kombu.exceptions import OperationalError
from kombu.log import get_logger
from kombu.transport import redis as stock
from kombu.transport import virtual
from redis.exceptions import RedisError

from tasks.engine.messages import refusals
from workers.broker import scripts

TROUBLE = (RedisError, OSError, OperationalError)
"""What Redis, or the way to it, has to do with: it passes, and no message is to blame."""

MARK = "xenflow:"  # what the tags of our messages begin with
RESTORED_AT_ONCE = 1_000

REJECTED = "its worker rejected it; the log of the worker has the reason"

_ENTRY = re.compile(rb'\[(.*),"",("[^"]*")\]', re.DOTALL)  # of what is unacknowledged

log = get_logger(__name__)


class QoS(stock.QoS):
    """Keeps account of messages whose unacked entry was written when they were taken."""

    # what the stubs do not know of kombu's
    channel: Any
    _remove_from_indices: Callable[[str], Any]
    _delivered: Any
    _dirty: set[str]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pending_acks: set[str] = set()

    def append(self, message: Any, delivery_tag: str) -> None:
        """Note a message in this process; Redis knows of it already."""
        virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Free the slot, and remove the message."""
        try:
            self._remove_from_indices(delivery_tag).execute()
        except TROUBLE as trouble:
            log.warning("an acknowledgement failed and is tried again: %s", trouble)
            self._pending_acks.add(delivery_tag)
        self._free(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's own signature
        """Free the slot, and put the message back behind all others, or aside as a dead letter."""
        try:
            if requeue:
                self.restore_by_tag(delivery_tag, leftmost=True)
            else:
                self._put_aside(delivery_tag)
        except TROUBLE as trouble:
            log.warning("a message is put back only after its visibility timeout: %s", trouble)
        self._free(delivery_tag)

    def _put_aside(self, tag: str) -> None:
        message = self._delivered.get(tag)
        problem = message.properties.get(refusals.PROBLEM) if message else None
        entry = self.channel.unprefixed.hget(self.channel.unacked_keys[1], tag) or b""
        found = _ENTRY.fullmatch(entry)
        item, queue = (found[1], json.loads(found[2])) if found else (entry, "")
        self.channel.dead_letter(
            item, tag=tag, queue=self.channel.list_of(queue, tag), problem=problem or REJECTED
        )

    def _free(self, delivery_tag: str) -> None:
        """Free the slot of a message, if it has one: kombu counts each acknowledgement."""
        if delivery_tag in self._delivered:
            virtual.QoS.ack(self, delivery_tag)

    def retry_acks(self) -> None:
        """Acknowledge what could not be acknowledged before."""
        for tag in list(self._pending_acks):
            self._remove_from_indices(tag).execute()
            self._pending_acks.discard(tag)

    def restore_unacked(self, client: Any = None) -> None:
        """Requeue every message that this process holds, as far as Redis takes it."""
        try:
            self.retry_acks()
            for tag in set(self._delivered) - self._dirty:
                self.restore_by_tag(tag, client=client)
        except TROUBLE as trouble:
            log.warning("messages are put back only after their visibility timeout: %s", trouble)
        self._delivered.clear()

    def restore_visible(self, start: int = 0, num: int | None = None, interval: int = 1) -> None:  # noqa: ARG002 - kombu's own signature
        """Put back what nobody acknowledged in time: atomically, and by Redis' clock.

        Workers of other services note theirs under the same keys, and hold it as long as they like:
        what is of queues that are not consumed here is left to them.
        """
        for tag in self._restore(seconds=self.visibility_timeout):
            self._restore_foreign(tag)

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - kombu's own signature
        """Put one message back, before all others or behind them."""
        for foreign in self._restore(tag, behind=leftmost):
            self._restore_foreign(foreign)

    def _restore(self, *tags: str, behind: bool = False, seconds: float = 0) -> list[str]:
        channel = self.channel
        prefix = channel.global_keyprefix
        foreign = scripts.script(channel.unprefixed, "restore")(
            keys=channel.unacked_keys,
            args=[
                MARK,
                prefix,
                channel.sep,
                int(behind),
                seconds,
                RESTORED_AT_ONCE,
                json.dumps(channel.active_queues),
                *tags,
            ],
        )
        return [tag.decode(errors="surrogateescape") for tag in foreign]

    def _restore_foreign(self, tag: str) -> None:
        """Put back what another consumer took; what cannot be put back is a dead letter."""
        channel = self.channel
        index, unacked = channel.unacked_keys
        entry = channel.unprefixed.hget(unacked, tag) or b""
        try:
            message, exchange, routing_key = json.loads(entry)
            if self._is_bound_elsewhere(exchange):
                return
            lists = self._lists_of(message, exchange, routing_key)
        except TROUBLE:
            raise
        except Exception as error:
            log.exception("the entries of %s cannot be put back", self.unacked_key)
            problem = f"{type(error).__name__} when it was put back"
            channel.dead_letter(entry, tag=tag, queue="", problem=problem)
            return
        with channel.unprefixed.pipeline() as commands:
            commands.zrem(index, tag)
            commands.hdel(unacked, tag)
            for name in lists:
                commands.rpush(f"{channel.global_keyprefix}{name}", json.dumps(message))
            commands.execute()

    def _is_bound_elsewhere(self, exchange: object) -> bool:
        """Return whether an exchange has queues, and none that is consumed here."""
        if not isinstance(exchange, str) or not exchange:
            return False
        bound = {queue for *_, queue in self.channel.get_table(exchange)}
        return bool(bound) and bound.isdisjoint(self.channel.active_queues)

    def _lists_of(self, message: Any, exchange: object, routing_key: object) -> list[str]:
        """Return the lists to which a message of kombu's goes back."""
        channel = self.channel
        priority = channel._get_message_priority(message, reverse=False)  # noqa: SLF001 - as kombu does
        queues = channel._lookup(exchange, routing_key)  # noqa: SLF001 - likewise
        if not isinstance(exchange, str) or not queues or not all(map(_is_name, queues)):
            problem = "no queue"
            raise LookupError(problem)
        return [channel._q_for_pri(queue, priority) for queue in queues]  # noqa: SLF001 - likewise


def _is_name(queue: object) -> bool:
    return isinstance(queue, str) and bool(queue)
