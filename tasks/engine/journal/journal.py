"""The journal: the records of all operations, kept in Redis, changed only by atomic scripts.

A delivery claims the entry of its operation before it does anything. The claim gives it a fencing
token, which every later write of that delivery carries; a write is refused once somebody else has
claimed the entry, so that a worker that was frozen and wakes up cannot act on what another took
over. All times are those of Redis' clock. `record.py` has the fields of a record.
"""

import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from config import redis_replies
from tasks.engine.journal import counters, excerpts, json_values, record_hash, scripts
from tasks.engine.journal.entry import Entry, Lease, Place, Sending
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.record import (
    CancelRequest,
    CancelResult,
    ClaimResult,
    Document,
    Failing,
    Failure,
    Made,
    Outcome,
    Phase,
    Record,
)

if TYPE_CHECKING:
    from redis import Redis

LONGEST_WAIT = 90 * 86_400  # seconds for which a message that was cancelled may wait for a worker
RESEND_CHECK = 10  # seconds between two looks at a sending that no worker has claimed
TRIAL = 30  # seconds between two trial sendings to a queue that does not move, see `due.lua`


class Journal:
    """Read and write records. Every public verb is one script, or one command."""

    def __init__(
        self,
        redis: "Redis",
        keys: Keys,
        *,
        lease: float,
        keep: int,
        in_hand: float = 30.0,
        resend_check: float = RESEND_CHECK,
    ) -> None:
        self.redis = redis
        self.keys = keys
        self.lease = lease
        self.keep = keep
        self._in_hand = in_hand
        self._resend_check = resend_check
        self._scripts = scripts.Scripts(redis)

    @property
    def lease_ms(self) -> int:
        """How long a claim is good, in milliseconds."""
        return int(self.lease * 1000)

    def claim(
        self,
        operation: str,
        place: Place,
        first: Record,
        *,
        timeout: float,
        sending: int = 0,
        repeat: bool = False,
    ) -> Entry:
        """Claim an operation; `first` is written when nobody has claimed it before.

        With `repeat` an operation that failed and left nothing begins anew, once by each delivery.
        """
        began = time.monotonic()
        claimed = self._scripts.run(
            "claim",
            self.keys.of_claim(operation, place.root, place.path),
            [
                operation,
                uuid.uuid4().hex,
                self.lease_ms,
                self._lifetime(timeout),
                place.root,
                int(place.undoes),
                timeout,
                first.queue,
                sending,
                first.delivery if repeat else "",
                place.repeats,
                first.request,
                *scripts.flat(record_hash.changes(Record(), first)),
            ],
        )
        return _entry(operation, claimed, Lease(self.lease, began + self.lease))

    def _lifetime(self, timeout: float) -> int:
        """Return the seconds for which an entry is kept: beyond its deadline."""
        return self.keep + int(timeout)

    def renew(self, entries: Sequence[tuple[str, str]]) -> list[bool]:
        """Prolong leases, each by id and fencing token; return which of them are still held."""
        answer = self._scripts.run(
            "renew",
            [self.keys.entry(operation) for operation, _ in entries],
            [self.lease_ms, *(token for _, token in entries)],
        )
        return [bool(held) for held in answer]

    def save(self, entry: Entry) -> None:
        """Write what changed; raise Overtaken when another delivery has claimed the entry."""
        changed = entry.unsaved()
        if changed:
            arguments = [entry.record.fencing_token, *scripts.flat(changed)]
            self._scripts.run("write", [self.keys.entry(entry.id)], arguments)
            entry.saved()

    def defer(
        self, entry: Entry, *, until: float, phase: Phase = Phase.DEFERRED, label: str = ""
    ) -> Outcome | None:
        """Defer until a moment or until `label` lands; return an outcome that came first."""
        outcome = scripts.text(
            self._scripts.run(
                "defer",
                [self.keys.entry(entry.id), self.keys.due],
                [
                    entry.record.fencing_token,
                    entry.id,
                    label,
                    until,
                    phase,
                    *scripts.flat(entry.unsaved()),
                ],
            )
        )
        entry.saved()
        return entry.landed(label, outcome) if outcome else None

    def finish(
        self,
        entry: Entry,
        place: Place,
        end: Document | Failure,
        *,
        made: Sequence[Made] = (),
        leaves: bool = False,
    ) -> Sending | None:
        """End with an answer or a failure; return the message of a flow to wake, if there is one.

        `made` is handed to the flow around; with `leaves` the operation cannot begin anew.
        """
        spent = scripts.flat(excerpts.spent(entry.record))
        kinds = counters.kinds_of_end(entry.record, end, is_step=place.flow is not None)
        failed = isinstance(end, Failure)
        failing = Failing(entry.id, entry.record.name, end) if isinstance(end, Failure) else None
        answer = self._scripts.run(
            "finish",
            self.keys.of_end(entry.id, place.flow),
            [
                entry.record.fencing_token,
                entry.id,
                "failure" if failed else "answer",
                record_hash.text(end),
                int(place.undoes),
                RESEND_CHECK,
                self._lifetime(entry.record.deadline - entry.record.created),
                place.flow or "",
                record_hash.text(failing),
                "true" if leaves else "",
                self.keys.entries,
                *kinds,
                len(spent),
                *spent,
                *(record_hash.text(thing) for thing in made),
            ],
        )
        return _sending(answer)

    def note_surplus(self, operation: str, label: str, ref: str) -> bool:
        """Note the XenServer task of a call that an overtaken delivery launched.

        Returns whether the operation has ended, so that nobody else sees to it.
        """
        answer = self._scripts.run("surplus", [self.keys.entry(operation)], [label, ref])
        return bool(answer)

    def complete(self, operation: str, label: str, outcome: Outcome) -> Sending | None:
        """Complete a suspension point by its label; return the message to send, once."""
        keys = self.keys
        answer = self._scripts.run(
            "complete",
            [keys.entry(operation), keys.landing, keys.due, keys.deliveries],
            [operation, label, record_hash.text(outcome), RESEND_CHECK],
        )
        return _sending(answer)

    def cancel(
        self, operation: str, request: CancelRequest, *, is_sent: bool = False
    ) -> tuple[CancelResult, Sending | None]:
        """Ask an operation to stop; return the result and the message to send.

        One that has not begun is not known, unless `is_sent` says that its message is on its way.
        """
        result, *answer = self._scripts.run(
            "cancel",
            [self.keys.entry(operation), self.keys.landing, self.keys.deliveries],
            [operation, request, RESEND_CHECK, self._lifetime(LONGEST_WAIT) if is_sent else 0],
        )
        return CancelResult(scripts.text(result)), _sending(answer)

    def fail_flow(self, flow: str, failing: Failing) -> None:
        """Mark a flow as failing, unless it is: from now on no step of it begins."""
        self._mark(flow, "failing", record_hash.text(failing))

    def mark_published(
        self, operation: str, *, result: str = "", answer: Document | None = None
    ) -> None:
        """Note that Celery has stored and passed on the end of an operation.

        `result` is the key under which its `answer` is stored.
        """
        excerpt = excerpts.of(answer) if answer else None
        entry = self.keys.entry(operation)
        self._scripts.run("published", [entry, result], [record_hash.text(excerpt)])

    def answer(self, known: Record) -> Document | None:
        """Return the whole answer of an operation; None where it has none, or none any more."""
        if not known.answer_key:
            return known.answer
        return excerpts.whole(self.redis.get(known.answer_key))

    def note_refused(self, operation: str, why: str) -> None:
        """Note at an operation that another message under its id was refused."""
        self._scripts.run("refuse", [self.keys.entry(operation)], [why])

    def mark_answered(self, operation: str) -> None:
        """Note that the caller was answered while the run goes on."""
        self._mark(operation, "answered", "true")

    def _mark(self, operation: str, name: str, value: str) -> None:
        self._scripts.run("mark", [self.keys.entry(operation)], [name, value])

    def due(self, most: int = 100) -> list[Sending]:
        """Return what is to be sent: operations that are due, and lost messages."""
        keys = self.keys
        answer = self._scripts.run(
            "due",
            [keys.due, keys.landing, keys.deliveries, keys.crowded, keys.counters],
            [keys.entries, most, self._resend_check, self._in_hand, TRIAL],
        )
        return sendings(answer)

    def stalled(self, *, after: float, most: int = 100, only_report: bool = False) -> list[str]:
        """Make open operations due of which no message is on its way; return their ids.

        Redis may have lost its last second, or another program a message: no worker has claimed
        such an operation for this many seconds, and none will.
        """
        keys = self.keys
        names = [keys.open, keys.due, keys.landing]
        arguments = [keys.entries, after, most, int(only_report)]
        return scripts.texts(self._scripts.run("stalled", names, arguments))

    def reconcile_is_due(self, every: int) -> bool:
        """Return, once in this many seconds, that the reconciler is to run."""
        return bool(self.redis.set(self.keys.reconciled, "1", nx=True, ex=every))

    def open_operations(self, *, most: int) -> list[str]:
        """Return operations that have begun and not ended, the longest unclaimed first."""
        return scripts.texts(self.redis.zrange(self.keys.open, 0, most - 1))

    def knows(self, operation: str) -> bool:
        """Return whether an operation has begun."""
        return bool(self.redis.hexists(self.keys.entry(operation), "created"))

    def read(self, operation: str) -> Record | None:
        """Return the record of an operation; None when it is not known."""
        found = self.redis.hgetall(self.keys.entry(operation))
        return record_hash.read(scripts.fields(found)) if found else None

    def read_all(self, operations: Sequence[str]) -> dict[str, Record]:
        """Return the records of those operations that are known, in one round trip."""
        pipe = self.redis.pipeline(transaction=False)
        for operation in operations:
            pipe.hgetall(self.keys.entry(operation))
        found = zip(operations, redis_replies.executed(pipe), strict=True)
        return {id_: record_hash.read(scripts.fields(hash_)) for id_, hash_ in found if hash_}

    def now(self) -> float:
        """Return the time by Redis' clock, in epoch seconds."""
        seconds, microseconds = self.redis.time()
        return float(seconds) + float(microseconds) / 1e6

    def open_steps(self, flow: str) -> list[str]:
        """Return the steps of a flow that began and have not ended."""
        return scripts.texts(list(self.redis.smembers(self.keys.open_steps(flow))))

    def count_ended(self, operations: Sequence[str]) -> int:
        """Return how many of these operations have ended, in one round trip."""
        with self.redis.pipeline(transaction=False) as commands:
            for operation in operations:
                commands.hexists(self.keys.entry(operation), "ended")
            return sum(map(bool, redis_replies.executed(commands)))

    def made(self, flow: str) -> list[Made]:
        """Return what the steps of a flow made, last made first."""
        found = self.redis.zrevrange(self.keys.made(flow), 0, -1)
        return [json_values.decode(Made, text) for text in scripts.texts(found)]

    def run(self, root: str) -> list[str]:
        """Return the operations of a run in the order in which they began."""
        return scripts.texts(self.redis.zrange(self.keys.run(root), 0, -1))

    def runs(self, *, most: int, since: float = 0.0) -> list[str]:
        """Return the latest runs, newest first."""
        found = self.redis.zrevrangebyscore(self.keys.runs, "+inf", since, start=0, num=most)
        return scripts.texts(found)


def _entry(operation: str, claimed: scripts.Answer, lease: Lease) -> Entry:
    """Return what `claim.lua` answered as an entry."""
    result, now, flat = claimed
    return Entry(
        id=operation,
        result=ClaimResult(scripts.text(result)),
        record=record_hash.read(dict(scripts.pairs(flat))),
        clock=float(now),
        claimed=time.monotonic(),
        lease=lease,
    )


def sendings(answer: list[object]) -> list[Sending]:
    """Return the messages that a script hands out as {id, message, number, ...}."""
    return [
        Sending(message, int(number)) for _, message, number in scripts.tuples(answer, 3) if message
    ]


def _sending(answer: Sequence[object]) -> Sending | None:
    message, number = scripts.texts(answer)
    return Sending(message, int(number)) if message else None
