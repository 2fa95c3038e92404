"""Check the processes: consumers of each queue, clocks, versions."""

from collections.abc import Iterator
from importlib import metadata

from config import queues
from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity

FAR_AHEAD = 2.0  # seconds between two clocks, beyond which times that people compare mislead


def check(context: Context) -> Iterator[Finding]:
    """Find what is wrong with the workers and pollers."""
    yield from _consumers(context)
    yield from _others(context)
    yield from _unresponsive(context)
    yield from _silent(context)
    yield from _clocks(context)
    yield from _versions(context)


def _consumers(context: Context) -> Iterator[Finding]:
    served = {queue for names in context.consumers.values() for queue in names}
    for part, wanted in (("worker", queues.OPERATIONS), ("poller", (queues.POLL,))):
        unserved = [_in_words(queue) for queue in wanted if queue not in served]
        if unserved:
            text = f"no {part} answers for the queue {', nor for '.join(unserved)}"
            yield Finding(Severity.BROKEN, part, text, f"start one: xenflow {part}")


def _in_words(queue: str) -> str:
    """Return a queue with what it is for, where its name does not say that."""
    meaning = {queues.MAINTENANCE: " (maintenance)", queues.DEFAULT: " (clients that set none)"}
    return f"{queue!r}{meaning.get(queue, '')}"


def _others(context: Context) -> Iterator[Finding]:
    """Find workers of other services that consume a queue of ours: they drop what they take.

    A worker of ours writes a record of itself when it is started, before it answers.
    """
    ours = {record.node for record in context.process_records.all()}
    for node, names in context.consumers.items():
        taken = sorted(set(queues.ALL) & set(names))
        if node not in ours and taken:
            text = f"is no worker of xenflow and consumes {', '.join(taken)}: it drops our messages"
            cure = "have it consume another queue (-Q), or give it another database of Redis"
            yield Finding(Severity.BROKEN, node, text, cure)


def _unresponsive(context: Context) -> Iterator[Finding]:
    """Find processes that answer and take nothing though messages wait."""
    for node, problem in context.unresponsive.items():
        yield Finding(Severity.BROKEN, node, problem, "restart it; its log has the reason")


def _silent(context: Context) -> Iterator[Finding]:
    """Find processes that wrote their record lately and do not answer."""
    for record in context.process_records.all():
        if record.node not in context.consumers:
            text = "wrote its record in the last minute, and does not answer"
            cure = "restart it if it is still meant to run"
            yield Finding(Severity.WARNING, record.node, text, cure)


def _clocks(context: Context) -> Iterator[Finding]:
    ahead = {"this machine": context.process_records.clock_ahead()}
    ahead |= {r.node: r.clock_ahead for r in context.process_records.all()}
    for node, seconds in ahead.items():
        if abs(seconds) > FAR_AHEAD:
            way = "ahead of" if seconds > 0 else "behind"
            text = f"its clock is {abs(seconds):.1f} s {way} that of Redis"
            yield Finding(Severity.WARNING, node, text, "synchronise its clock (NTP)")


def _versions(context: Context) -> Iterator[Finding]:
    ours = metadata.version("xenflow")
    for record in context.process_records.all():
        if record.version != ours:
            text = f"runs xenflow {record.version}; this command is {ours}"
            yield Finding(Severity.NOTICE, record.node, text, "upgrade and restart it")
