"""The limit of calls in flight at one target.

A toolstack forgets finished tasks beyond 200, those of its own subtasks included, and refuses calls
when more than 100 wait for busy objects. So each target has a limit of calls in flight. An
operation is admitted before it launches a call; where the limit is reached it waits in order of
arrival, without a slot. Its place is free again when the call has ended, when it was surely not
made, or when the operation has ended; the operation that waits longest gets it in the same script.
A place that is free for another reason (a raised limit, an entry that is gone) is handed on by
`due.lua`, so that no waiting operation need be sent before its turn or its deadline.

XenServer's own refusal (TOO_MANY_PENDING_TASKS) halves the limit; each call that ends raises it a
little, up to that of the profile.
"""

from dataclasses import dataclass

from tasks.engine.journal import scripts
from tasks.engine.journal.entry import Entry
from tasks.engine.journal.journal import Journal

LOWER_EVERY = 2.0  # seconds between two reductions: refusals come many at a time


@dataclass(frozen=True)
class CallUsage:
    """The calls at one target: how many are in flight, how many wait, and the limit now."""

    in_flight: int
    waiting: int
    limit: float


class CallLimit:
    """Admit calls to a target, and release their places."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._redis = journal.redis
        self._keys = journal.keys
        self._scripts = scripts.Scripts(journal.redis)

    def admit(self, entry: Entry, target: str, most: int, intent: dict[str, str]) -> bool:
        """Write the intent of a call if a place is free; else defer the operation.

        What else changed in the entry is written in both cases.
        """
        keys, calls = self._keys, self._keys.calls(target)
        changed = scripts.flat(entry.unsaved())
        admitted = self._scripts.run(
            "admit_call",
            [keys.entry(entry.id), keys.due, *_names(calls), keys.crowded],
            [
                entry.record.fencing_token,
                entry.id,
                most,
                max(entry.record.deadline, entry.now() + 1.0),
                keys.entries,
                calls,
                len(changed),
                *changed,
                *scripts.flat(intent),
            ],
        )
        entry.update(calls=calls)
        entry.saved()
        return bool(admitted)

    def release(self, entry: Entry) -> None:
        """Release the place of an operation whose call has ended or was not made."""
        if not entry.record.calls:
            return
        keys = self._keys
        names = [keys.entry(entry.id), keys.due]
        self._scripts.run(
            "release_call", names, [entry.record.fencing_token, entry.id, keys.entries]
        )
        entry.forget_calls()

    def lower(self, target: str, most: int) -> None:
        """Halve the limit of a target that refused a call because too many wait."""
        in_flight, _, limit = _names(self._keys.calls(target))
        self._scripts.run("lower_limit", [in_flight, limit], [most, LOWER_EVERY])

    def usage(self, target: str, most: int) -> CallUsage:
        """Return how many calls of a target are in flight and wait."""
        in_flight, waiting, limit = _names(self._keys.calls(target))
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcard(in_flight)
            pipe.zcard(waiting)
            pipe.hget(limit, "now")
            flying, queued, now = pipe.execute()
        return CallUsage(int(flying), int(queued), min(float(now or most), most))


def _names(calls: str) -> list[str]:
    return [f"{calls}:in_flight", f"{calls}:waiting", f"{calls}:limit"]
