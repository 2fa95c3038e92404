"""One round of fuzzing: hostile messages to live workers, and what is true of them afterwards."""

import random
import time
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from celery import states

from tests.end_to_end.hostile_messages import DEAD, REFUSED, SOUND
from tests.fuzz.messages import Shot, shots
from tests.stack import StackHarness
from workers.broker.dead_letters import DeadLetters

BATCH = 200
LIMIT = 120.0  # seconds until the queue must be empty
GROWTH = 1024  # bytes for each message of the second half that may stay in use
LIVE_MEMORY = Path(__file__).with_name("live_memory")  # the operations_path of the workers


@dataclass(frozen=True)
class Outcome:
    """What became of the messages; the last four are 0 when all is well."""

    sent: int
    answered: int
    dead_letters: int
    unanswered: int  # with an id that can be read, and no answer under it
    ended_workers: int
    stuck: int  # messages that nobody takes or acknowledges
    grown: int  # workers that keep something of each message

    @property
    def is_well(self) -> bool:
        """Whether every promise was kept."""
        return not (self.unanswered or self.ended_workers or self.stuck or self.grown)

    def document(self) -> dict[str, int]:
        """Return it as JSON."""
        return asdict(self)


def play(stack: StackHarness, *, count: int, seed: int) -> Outcome:
    """Send so many messages to the running workers of a stack."""
    redis: Any = stack.redis
    letters = DeadLetters(redis, stack.runtime.journal.keys.dead_letters)
    before = letters.count()
    chance = random.Random(seed)  # noqa: S311 - not a secret
    _live_memory(stack)  # counts from here on
    _send_known(stack)  # what a worker sets up when it first needs it
    sent = _send(stack, shots(chance, count // 2))
    memory = _live_memory(stack)
    sent += _send(stack, shots(chance, count - count // 2))
    stuck = 0 if _drained(stack, 0) else int(redis.llen("change")) + int(redis.hlen("unacked"))
    grown = [now - memory.get(name, now) for name, now in _live_memory(stack).items()]
    answered = [shot for shot in sent if _is_answered(redis, shot.id)]
    owed = sum(shot.is_owed for shot in sent) - sum(shot.is_owed for shot in answered)
    return Outcome(
        sent=count,
        answered=len(answered),
        dead_letters=letters.count() - before,
        unanswered=owed,
        ended_workers=sum(not process.is_running for process in stack.processes),
        stuck=stuck + (0 if _all_slots_answer(stack) else 1),
        grown=sum(growth > GROWTH * (count - count // 2) for growth in grown),
    )


def _send_known(stack: StackHarness) -> None:
    redis: Any = stack.redis
    for hostile in (*REFUSED.values(), *DEAD.values(), *SOUND.values()):
        redis.lpush("change", hostile.item(str(uuid.uuid4())))
    _drained(stack, 0)


def _send(stack: StackHarness, messages: Iterable[Shot]) -> list[Shot]:
    """Send messages until a worker takes none any more, and wait until it has taken the last."""
    redis: Any = stack.redis
    sent = []
    for shot in messages:
        redis.lpush("change", shot.item)
        sent.append(Shot(b"", shot.id, shot.is_owed))
        if len(sent) % BATCH == 0 and not _drained(stack, BATCH):
            break
    _drained(stack, 0)
    return sent


def _drained(stack: StackHarness, most: int) -> bool:
    """Wait until no more messages than these wait or are in hand; return whether it came so far."""
    redis: Any = stack.redis
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline and all(one.is_running for one in stack.processes):
        if redis.llen("change") + redis.hlen("unacked") <= most:
            return True
        time.sleep(0.05)
    return False


def _is_answered(redis: Any, task_id: str) -> bool:
    reply = redis.get(f"celery-task-meta-{task_id}")
    return reply is not None and any(
        f'"{state}"'.encode() in reply for state in states.READY_STATES
    )


def _live_memory(stack: StackHarness) -> dict[str, int]:
    """Return how many bytes each worker uses, by its name."""
    workers = [one for one in stack.processes if one.name.startswith("worker") and one.is_running]
    replies = stack.app.control.broadcast(
        "live_memory", reply=True, timeout=LIMIT, limit=len(workers)
    )
    found = {name: int(used) for reply in replies or [] for name, used in reply.items()}
    if len(found) < len(workers):
        raise TimeoutError(f"of {len(workers)} workers, those that tell their memory: {found}")
    return found


def _all_slots_answer(stack: StackHarness) -> bool:
    if not all(one.is_running for one in stack.processes):
        return False
    found = [stack.send("xenserver.host.find") for _ in range(40)]
    return all(result.get(timeout=60)["count"] == 3 for result in found)
