"""Pauses: a while in which nothing is to be done."""

from tasks.engine.declaration.suspensions import Pause
from tasks.engine.execution import cancellation, outcomes
from tasks.engine.execution.execution import Execution, Suspended
from tasks.engine.journal.record import Outcome


def start(execution: Execution, label: str, pause: Pause) -> Outcome | Suspended:
    """Wait for this many seconds."""
    since = execution.entry.record.point(label).since or execution.entry.now()
    if execution.entry.now() >= since + pause.seconds:
        return outcomes.success()
    cancellation.stop_here(execution)
    execution.entry.update_point(label, since=since)
    wake = min(since + pause.seconds, execution.entry.record.deadline)
    return execution.defer(f"pauses for {pause.seconds:g} s", until=wake)
