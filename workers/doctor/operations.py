"""Check the journal: due operations that nobody sends, stalled ones, long waits, dead letters."""

from collections.abc import Iterator

from tasks.engine.journal.call_limit import CallLimit
from workers.broker import unread_lists
from workers.broker.dead_letters import DeadLetters
from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity, counted
from workers.reconciler.reconcile import stalled_after

OVERDUE = 15.0  # seconds: the timers of all workers look every second
MANY = 1000  # operations looked at


def check(context: Context) -> Iterator[Finding]:
    """Find operations that do not go on, and messages that nobody could read."""
    yield from _overdue(context)
    yield from _stalled(context)
    yield from _waiting(context)
    yield from _dead_letters(context)
    yield from _unread(context)


def _overdue(context: Context) -> Iterator[Finding]:
    before = context.journal.now() - OVERDUE
    count = int(context.redis.zcount(context.journal.keys.due, "-inf", before))
    if count:
        text = (
            f"{counted(count, 'operation', 'is', 'are')} due for more than {OVERDUE:.0f} s, "
            "but their messages are not sent"
        )
        yield Finding(Severity.BROKEN, "journal", text, "start or restart a worker: xenflow worker")


def _stalled(context: Context) -> Iterator[Finding]:
    stalled = context.journal.stalled(
        after=stalled_after(context.settings), most=MANY, only_report=True
    )
    if stalled:
        text = (
            f"{counted(len(stalled), 'operation', 'has', 'have')} no message on its way, "
            f"the first is {stalled[0]}"
        )
        yield Finding(Severity.WARNING, "journal", text, "xenflow sweep")


def _waiting(context: Context) -> Iterator[Finding]:
    limit = CallLimit(context.journal)
    for name, target in context.targets.items():
        usage = limit.usage(name, target.max_calls)
        if usage.waiting:
            text = (
                f"{counted(usage.waiting, 'operation', 'waits', 'wait')} for one of "
                f"{usage.limit:.0f} calls in flight (the profile allows {target.max_calls})"
            )
            cure = "raise max_calls of its profile if the pool can take it"
            yield Finding(Severity.NOTICE, f"target {name}", text, cure)


def _dead_letters(context: Context) -> Iterator[Finding]:
    count = len(DeadLetters(context.broker, context.journal.keys.dead_letters).letters())
    if count:
        text = f"{counted(count, 'message', 'was', 'were')} put aside, and nobody was answered"
        yield Finding(Severity.WARNING, "broker", text, "xenflow dead-letters")


def _unread(context: Context) -> Iterator[Finding]:
    """Find messages of producers that have other steps of priority than the workers."""
    prefix = context.settings.global_keyprefix
    for one in unread_lists.find(context.broker, prefix):
        text = (
            f"{counted(one.count, 'message', 'waits', 'wait')} with the priority {one.priority}, "
            "of which workers read no list; a worker moves them within a minute"
        )
        cure = "leave priority_steps of the producer as it is by default"
        yield Finding(Severity.WARNING, f"queue {one.queue}", text, cure)
