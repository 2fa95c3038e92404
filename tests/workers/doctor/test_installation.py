"""The doctor sees missing workers, silent processes, wrong clocks and unreachable targets."""

import time
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from tests.stack import CLOSED, StackHarness
from workers import doctor
from workers.doctor import processes, targets
from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity
from workers.process_records import ProcessRecords

if TYPE_CHECKING:
    from config.targets import Target

Make = Callable[[StackHarness], Context]
HOUR = 3600.0


@pytest.mark.slow
def test_a_stack_that_works_has_no_finding_but_notices(
    isolated_stack: StackHarness, context: Make
) -> None:
    """Worker, poller, target and Redis are all as they should be."""
    isolated_stack.services.worker()
    isolated_stack.services.poller()

    found = doctor.examine(context(isolated_stack))

    worst = [f for f in found if f.severity is not Severity.NOTICE]

    assert worst == []


def test_a_queue_without_a_worker_is_broken(isolated_stack: StackHarness, context: Make) -> None:
    """The cure starts what is missing, each kind by its own command."""
    found = list(processes.check(context(isolated_stack)))

    assert {f.cure for f in found} == {"start one: xenflow worker", "start one: xenflow poller"}
    assert all(f.severity is Severity.BROKEN for f in found)


def test_a_process_that_died_lately_is_named(isolated_stack: StackHarness, context: Make) -> None:
    """Its record outlives it by a minute."""
    records = ProcessRecords(isolated_stack.redis, isolated_stack.runtime.settings.journal_prefix)
    records.write("worker@gone")

    found = [f for f in processes.check(context(isolated_stack)) if f.about == "worker@gone"]

    assert [f.severity for f in found] == [Severity.WARNING]


def test_a_process_that_takes_nothing_is_broken(stack: StackHarness, context: Make) -> None:
    """It answers a ping, and says itself that messages wait of which it takes none."""
    here = context(stack)
    here.__dict__["unresponsive"] = {"worker@here": "takes nothing for 70 s though 3 messages wait"}

    found = [f for f in processes.check(here) if f.about == "worker@here"]

    assert [f.severity for f in found] == [Severity.BROKEN]
    assert "3 messages wait" in found[0].text


def test_processes_that_take_messages_are_not_unresponsive(
    stack: StackHarness, context: Make
) -> None:
    """Each is asked, and says that it takes."""
    assert context(stack).unresponsive == {}


def test_a_clock_that_is_ahead_is_named(stack: StackHarness, context: Make) -> None:
    """The process measures it against Redis's clock and writes it down."""
    records = ProcessRecords(stack.redis, stack.runtime.settings.journal_prefix)
    records.write("worker@ahead", clock=lambda: time.time() + HOUR)

    texts = [f.text for f in processes.check(context(stack)) if f.about == "worker@ahead"]
    records.remove("worker@ahead")

    assert any("3600.0 s ahead of that of Redis" in text for text in texts)


def test_every_process_writes_its_record(stack: StackHarness) -> None:
    records = ProcessRecords(stack.redis, stack.runtime.settings.journal_prefix)

    def kinds() -> set[str]:
        return {record.node.partition("@")[0] for record in records.all()}

    assert stack.until(lambda: kinds() >= {"worker", "poller"}, "both records")


@pytest.mark.slow
def test_a_process_that_ends_in_order_leaves_no_record(isolated_stack: StackHarness) -> None:
    """Only one that was killed or hangs is silent."""
    records = ProcessRecords(isolated_stack.redis, isolated_stack.runtime.settings.journal_prefix)
    isolated_stack.services.worker()
    isolated_stack.until(records.all, "the record of the worker")

    (worker,) = [p for p in isolated_stack.processes if p.name == "worker"]
    worker.process.terminate()
    worker.process.wait()

    assert records.all() == []


def test_an_unreachable_target_is_broken(stack: StackHarness, context: Make) -> None:
    """The finding names it and says what happened."""
    here = context(stack)
    (reachable,) = here.targets.values()
    dead: Target = reachable.model_copy(update={"urls": (f"http://127.0.0.1:{CLOSED}",)})
    here.__dict__["targets"] = MappingProxyType({"dead": dead, "alive": reachable})

    found = [f for f in targets.check(here) if f.about.startswith("target")]

    assert [f.about for f in found] == ["target dead"]
    assert found[0].severity is Severity.BROKEN


def test_a_check_that_fails_is_a_finding(stack: StackHarness, context: Make) -> None:
    """The others still run, and the worst finding comes first."""

    def fails(_: Context) -> Iterator[Finding]:
        raise RuntimeError("no luck")

    def finds(_: Context) -> Iterator[Finding]:
        yield Finding(Severity.BROKEN, "redis", "is away", "start it")

    found = doctor.examine(context(stack), (fails, finds))

    assert [f.severity for f in found] == [Severity.BROKEN, Severity.WARNING]
    assert "RuntimeError: no luck" in found[1].text
