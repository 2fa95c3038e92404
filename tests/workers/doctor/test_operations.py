"""The doctor sees operations that do not go on."""

from collections.abc import Callable

from tasks.engine.journal.call_limit import CallLimit
from tasks.engine.journal.entry import Entry, Place
from tasks.engine.journal.record import Record
from tests.stack import StackHarness
from workers.doctor import operations
from workers.doctor.context import Context
from workers.doctor.finding import Severity

Make = Callable[[StackHarness], Context]


def _claim(stack: StackHarness, operation: str) -> Entry:
    first = Record(name="xenserver.vm.start", message="{}", queue="change")
    return stack.runtime.journal.claim(operation, Place(root=operation), first, timeout=600)


def test_a_stalled_operation_is_named_and_left(isolated_stack: StackHarness, context: Make) -> None:
    """Its claim is over for long, and no message of it is on its way."""
    journal = isolated_stack.runtime.journal
    _claim(isolated_stack, "lost")
    journal.redis.hset(journal.keys.entry("lost"), "held_until", "1")
    journal.redis.zadd(journal.keys.open, {"lost": 1.0})

    (finding,) = operations.check(context(isolated_stack))

    assert "the first is lost" in finding.text
    assert finding.cure == "xenflow sweep"
    assert journal.redis.zscore(journal.keys.due, "lost") is None


def test_operations_that_nobody_sends_are_a_breakdown(
    isolated_stack: StackHarness, context: Make
) -> None:
    """The timers of all workers look every second."""
    journal = isolated_stack.runtime.journal
    journal.redis.zadd(journal.keys.due, {"late": 1.0})

    (finding,) = operations.check(context(isolated_stack))

    assert finding.severity is Severity.BROKEN
    assert "1 operation is due" in finding.text


def test_operations_that_wait_for_a_call_are_a_notice(
    isolated_stack: StackHarness, context: Make
) -> None:
    """It says how many may be in flight, and where that is set."""
    limit = CallLimit(isolated_stack.runtime.journal)
    limit.admit(_claim(isolated_stack, "a"), "default", 1, {})
    limit.admit(_claim(isolated_stack, "b"), "default", 1, {})

    found = [f for f in operations.check(context(isolated_stack)) if f.about == "target default"]

    assert [f.severity for f in found] == [Severity.NOTICE]
    assert "1 operation waits" in found[0].text


def test_a_stalled_operation_goes_on(isolated_stack: StackHarness) -> None:
    """The reconciler makes it due, and the timers send its message."""
    journal = isolated_stack.runtime.journal
    _claim(isolated_stack, "lost")
    journal.redis.hset(journal.keys.entry("lost"), "held_until", "1")
    journal.redis.zadd(journal.keys.open, {"lost": 1.0})

    assert journal.stalled(after=60.0) == ["lost"]
    assert [sending.message for sending in journal.due()] == ["{}"]


def test_an_operation_whose_message_is_on_its_way_is_not_stalled(
    isolated_stack: StackHarness,
) -> None:
    """What is due, or was sent and not yet claimed, comes by itself."""
    journal = isolated_stack.runtime.journal
    for name, key in (("due", journal.keys.due), ("sent", journal.keys.landing)):
        _claim(isolated_stack, name)
        journal.redis.hset(journal.keys.entry(name), "held_until", "1")
        journal.redis.zadd(journal.keys.open, {name: 1.0})
        journal.redis.zadd(key, {name: 4e9})

    assert journal.stalled(after=60.0) == []
