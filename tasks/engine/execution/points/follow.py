"""XenServer tasks that somebody else began: their end is waited for."""

from tasks.engine.declaration.answers import Accepted
from tasks.engine.declaration.suspensions import Follow
from tasks.engine.execution import cancellation, outcomes
from tasks.engine.execution.execution import Execution, Suspended
from tasks.engine.execution.points import call_ends, calls
from tasks.engine.journal.record import Outcome
from xenserver import errors


def start(execution: Execution, label: str, task: Follow) -> Outcome | Suspended | Accepted:
    """Wait for the end of a task."""
    try:
        record = execution.xen.task.get_record(task.ref)
    except errors.Missing:
        return execution.complete(label, outcomes.VANISHED)
    if execution.is_async:
        return calls.accepted(record)
    outcome = call_ends.ended(task.ref, record)
    if outcome:
        return execution.complete(label, outcome)
    cancellation.stop_here(execution)
    wake = min(execution.entry.record.deadline, execution.entry.now() + task.every)
    return execution.park(label, task.ref, f"follows {record['name_label']}", wake=wake)
