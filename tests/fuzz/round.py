"""One round of fuzzing: hostile messages to live workers, and what is true of them afterwards."""

import random
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from celery import states

from tests.end_to_end.hostile_messages import REFUSED
from tests.fuzz.messages import Shot, shots
from tests.stack import StackHarness
from workers.broker.dead_letters import DeadLetters

BATCH = 200
WARM_UP = 4  # of the largest messages
LIMIT = 120.0  # seconds until the queue must be empty
GROWTH = 64.0  # MiB that a worker may grow over the second half


@dataclass(frozen=True)
class Outcome:
    """What became of the messages; the last four are 0 when all is well."""

    sent: int
    answered: int
    dead_letters: int
    unanswered: int  # with an id that can be read, and no answer under it
    ended_workers: int
    stuck: int  # messages that nobody takes or acknowledges
    grown: int  # workers that have grown

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
    _warm_up(stack)
    sent: list[Shot] = []
    memory: dict[int, float] = {}
    for number, shot in enumerate(shots(random.Random(seed), count)):  # noqa: S311 - not a secret
        redis.lpush("change", shot.item)
        sent.append(Shot(b"", shot.id, shot.is_owed))
        if number % BATCH == BATCH - 1 and not _drained(stack, BATCH):
            break
        if number == count // 2:
            memory = _memory(stack)
    stuck = 0 if _drained(stack, 0) else int(redis.llen("change")) + int(redis.hlen("unacked"))
    grown = [now - memory.get(pid, now) for pid, now in _memory(stack).items()]
    answered = [shot for shot in sent if _is_answered(redis, shot.id)]
    owed = sum(shot.is_owed for shot in sent) - sum(shot.is_owed for shot in answered)
    return Outcome(
        sent=count,
        answered=len(answered),
        dead_letters=letters.count() - before,
        unanswered=owed,
        ended_workers=sum(not process.is_running for process in stack.processes),
        stuck=stuck + (0 if _all_slots_answer(stack) else 1),
        grown=sum(growth > GROWTH for growth in grown),
    )


def _warm_up(stack: StackHarness) -> None:
    """Send the largest messages first: what a worker needs for them is no growth afterwards."""
    redis: Any = stack.redis
    for _ in range(WARM_UP):
        for what in ("a body of 20 MB", "a body of 9 MB"):
            redis.lpush("change", REFUSED[what].item(str(uuid.uuid4())))
    _drained(stack, 0)


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


def _memory(stack: StackHarness) -> dict[int, float]:
    """Return the resident memory of each process of a worker, in MiB."""
    return {
        process.process.pid: _resident(process.process.pid)
        for process in stack.processes
        if process.name.startswith("worker") and process.is_running
    }


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _all_slots_answer(stack: StackHarness) -> bool:
    if not all(one.is_running for one in stack.processes):
        return False
    found = [stack.send("xenserver.host.find") for _ in range(40)]
    return all(result.get(timeout=60)["count"] == 3 for result in found)
