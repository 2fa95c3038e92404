"""Why an operation takes long, as far as its record, its steps or its poller know."""

from tasks.engine.execution.execution import Execution
from tasks.engine.execution.runtime import parking_place
from tasks.engine.journal.record import Point, Record


def of_delay(execution: Execution) -> str:
    """Return the error that an operation last waited out; nothing where none is known."""
    record = execution.entry.record
    return _deferred(record) or _of_steps(execution) or _of_poller(execution)


def _deferred(record: Record) -> str:
    """Return the error that deferred an operation, unless it has come further since."""
    retry = record.retry
    if retry is None or any(_latest(point) > retry.due > 0 for point in record.points.values()):
        return ""
    return retry.message


def _latest(point: Point) -> float:
    called = point.call.at if point.call else 0.0
    sent = point.sent.at if point.sent else 0.0
    return max(called, sent, point.parked, point.landed)


def _of_steps(execution: Execution) -> str:
    """Return the error that deferred an open step of a flow, with the name of the step."""
    if not execution.operation.is_flow:
        return ""
    journal = execution.runtime.journal
    steps = journal.read_all(journal.open_steps(execution.entry.id)).values()
    return next((f"{one.name}: {why}" for one in steps if (why := _deferred(one))), "")


def _of_poller(execution: Execution) -> str:
    """Return the trouble of the poller that follows what is in flight."""
    if not execution.entry.record.in_flight:
        return ""
    return execution.runtime.parked.health(parking_place(execution.connection)).get("error", "")
