"""A process dies at any point of any operation: one effect, one answer, nothing left behind."""

import sys
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.flow_cases import FLOWS, FlowCase
from tests.stack import StackHarness, running_stack
from tests.tasks.fixtures import Maker
from tests.tasks.table import TABLE, Case
from workers.local_stack.supervisor import Supervisor
from xenserver import errors

if TYPE_CHECKING:
    from celery.result import AsyncResult

TIMEOUT = 240.0  # seconds until a hang is named
SLOTS = "2000"
SPEED = 20.0  # simulated seconds per second
CRASHING = [sys.executable, "-m", "tests.end_to_end.crashing_worker", "worker", "--name=crashing"]
LARGE = FlowCase(
    "flow.find_list_of_vms",
    lambda _: {},
    lambda _maker, _fields, answer: answer["count"] == len(answer["vms"]) > 1,
)
"""A flow whose answer the journal does not keep beside its result: the list of all VMs."""

CASES: tuple[Case | FlowCase, ...] = (*TABLE, *(f for f in FLOWS if f.name != LARGE.name), LARGE)

UNTRACEABLE = {
    "xenserver.vm.import_from_url": "VM.import",
    "xenserver.vm.reboot": "VM.clean_reboot",
    "xenserver.vm.revert": "VM.revert",
}
"""What leaves nothing by which it could be found again: it may end as Unknown, never twice."""

FORGOTTEN = {
    "flow.check_for_task_success",
    "xenserver.task.cancel",
    "xenserver.task.find",
    "xenserver.task.follow",
}
"""What works on a task, which XenServer deletes by itself while a message waits to come again."""

NOT_COUNTED = ("task.", "session.", "event.")
"""Effects that are no work: XenServer's tasks are put away, and asked to stop."""

IDEMPOTENT = (".set_", ".add_", ".remove_", "VDI.copy")
"""Effects that a repetition does not change: a key is set, a disk copied over its copy."""


@dataclass
class Crash:
    """One message that dies at one point."""

    case: Case | FlowCase
    point: int
    fields: dict[str, Any]
    result: "AsyncResult[Any]"

    @property
    def is_unknown(self) -> bool:
        """Whether it has ended, and nobody can tell how: it was never heard."""
        return isinstance(self.result.result, errors.Unknown)

    def __str__(self) -> str:
        """Return what a failed test shows."""
        return f"{self.case.name} after {self.point} exchanges"


@dataclass(frozen=True)
class Work:
    """What was done in a pool: verbs that came to their effect, and objects that are there more."""

    effects: Counter[str]
    made: Counter[str]


@dataclass(frozen=True)
class Clean:
    """What an operation does without a crash."""

    exchanges: int
    work: Work


@contextmanager
def crashing(stack: StackHarness, folder: Path) -> Iterator[None]:
    """Keep a worker whose deliveries die where their ids say."""
    stack.services.choose(visibility_timeout="4", lease="3")
    with Supervisor(folder) as supervisor:
        supervisor.start("crashing", [*CRASHING, f"--slots={SLOTS}"], environment=stack.environment)
        stack.services.poller()
        yield


@contextmanager
def no_time_passes(stack: StackHarness) -> Iterator[None]:
    """Set durations to zero while hundreds of objects are made ready."""
    usual = stack.xenserver.control("durations", set={})
    stack.xenserver.control("durations", set={verb: 0.0 for verb in usual if verb != "VDI.copy"})
    try:
        yield
    finally:
        stack.xenserver.control("durations", set=usual)


def effects(stack: StackHarness) -> Counter[str]:
    """Count what is work: setting something twice is setting it."""
    methods = [e["method"] for e in stack.xenserver.control("journal")["effects"]]
    work = (method for method in methods if not method.startswith(NOT_COUNTED))
    return Counter(method for method in work if not any(kind in method for kind in IDEMPOTENT))


def sizes(stack: StackHarness) -> Counter[str]:
    return Counter({cls: len(refs) for cls, refs in stack.xenserver.inventory().items()})


class Watch:
    """Sees what is done in a pool from now on."""

    def __init__(self, stack: StackHarness) -> None:
        self._stack = stack
        self._effects, self._sizes = effects(stack), sizes(stack)

    def work(self) -> Work:
        """Return what was done since."""
        made = sizes(self._stack)
        made.subtract(self._sizes)
        return Work(effects(self._stack) - self._effects, made)


def run_clean(stack: StackHarness, maker: Maker, case: Case | FlowCase) -> Clean:
    """Run an operation, and note what that takes."""
    fields, sent = case.ready(maker), f"trace/{uuid.uuid4()}"
    watch = Watch(stack)
    stack.send(case.name, task_id=sent, **fields).get(timeout=TIMEOUT)
    return Clean(int(stack.redis.llen(sent)), watch.work())


def problem(maker: Maker, crash: Crash) -> str | None:
    """Return what is wrong with the outcome of a message, if anything is."""
    try:
        answer = crash.result.get(timeout=TIMEOUT)
    except errors.Unknown as unknown:
        return None if crash.case.name in UNTRACEABLE else repr(unknown)
    except errors.Missing as missing:
        return None if crash.case.name in FORGOTTEN else repr(missing)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong
        return repr(error)
    if crash.case.name in FORGOTTEN or crash.case.seen(maker, crash.fields, answer):
        return None
    return f"no effect: {answer}"


def total(clean: Iterable[Work]) -> Work:
    """Add up what clean runs do."""
    effects, made = Counter[str](), Counter[str]()
    for work in clean:
        effects.update(work.effects)
        made.update(work.made)
    return Work(effects, made)


@pytest.mark.slow(seconds=60)
@pytest.mark.timeout(600)
def test_an_operation_survives_the_death_of_its_worker_at_every_point(tmp_path: Path) -> None:
    """Each runs as often as it makes exchanges, flows too, and dies after another one each time."""
    with running_stack(tmp_path, speed=SPEED) as stack, crashing(stack, tmp_path / "crashing"):
        maker = Maker(stack.xenserver, stack.xenserver.control)
        clean = {case.name: run_clean(stack, maker, case) for case in CASES}
        points = [(case, n) for case in CASES for n in range(clean[case.name].exchanges + 1)]
        with no_time_passes(stack):
            ready = [(case, point, case.ready(maker)) for case, point in points]
        watch = Watch(stack)

        crashes = [
            Crash(
                case,
                point,
                fields,
                stack.send(case.name, task_id=f"crash/{point}/{uuid.uuid4()}", **fields),
            )
            for case, point, fields in ready
        ]
        problems = {str(crash): reply for crash in crashes if (reply := problem(maker, crash))}
        done = watch.work()
        expected = total(clean[c.name].work for c, _ in points if c.name not in FORGOTTEN)
        for crash in crashes:
            if crash.is_unknown:
                expected.made.subtract(clean[crash.case.name].work.made)

    assert problems == {}
    assert done.made == expected.made
    assert done.effects - expected.effects == Counter()
    assert {*(expected.effects - done.effects)} <= {*UNTRACEABLE.values()}
