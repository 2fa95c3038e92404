"""Surplus: what a call made beside its result, because it was launched more than once.

A call is launched twice when a worker was frozen, or its request was late in the network, while
another worker took the operation over, looked for the call and found nothing. XenServer cannot tell
the two apart. So a delivery that lands a call that may have been launched twice looks for further
objects with its tag; and a worker that finds itself overtaken after its call notes the task. What
is found so is undone by steps of the same run.
"""

from collections.abc import Mapping

from tasks.engine.declaration.definition import Undo
from tasks.engine.execution import recovery
from tasks.engine.execution.execution import Execution
from tasks.engine.execution.probes import is_tagged, made_by
from tasks.engine.journal.record import Outcome, OutcomeStatus, Point
from tasks.engine.messages import canvas_ids
from xenserver import other_pools
from xenserver.objects import Call

TAKE_BACK = "xenserver.task.take_back"


def note(execution: Execution, label: str, ref: str) -> None:
    """Note the task of a call that this delivery launched after it was overtaken."""
    if execution.runtime.journal.note_surplus(execution.entry.id, label, ref):
        _take_back(execution, label, ref)


def undo_found(execution: Execution, label: str, outcome: Outcome) -> None:
    """Undo further objects with the tags of a call that landed, if there can be any."""
    number = label.partition(".")[0]
    points = {
        one: point
        for one, point in execution.entry.record.points.items()
        if one.partition(".")[0] == number and point.call and is_tagged(point.call.method)
    }
    undo = execution.operation.undo
    if undo is None or not _may_have_surplus(execution, points):
        return
    for point in points.values():
        for ref in set(_objects(execution, point)) - {_result(outcome)}:
            _undo(execution, undo, point, ref)


def undo_noted(execution: Execution) -> None:
    """Undo, after the end, what overtaken deliveries of the operation noted."""
    if not execution.entry.record.overtook:
        return
    record = execution.runtime.journal.read(execution.entry.id)
    for label, point in record.points.items() if record else ():
        for ref in set(point.surplus.split()) - {point.task}:
            _take_back(execution, label, ref)


def _may_have_surplus(execution: Execution, points: dict[str, Point]) -> bool:
    launches = sum(point.launches for point in points.values())
    return launches > 1 or (launches == 1 and execution.entry.record.overtook)


def _objects(execution: Execution, point: Point) -> tuple[str, ...]:
    if point.call is None:
        return ()
    return recovery.made(execution.xen, Call(point.call.method, tuple(point.call.params)))


def _result(outcome: Outcome) -> object:
    return outcome.result if outcome.status is OutcomeStatus.SUCCESS else None


def _undo(execution: Execution, undo: Undo, point: Point, ref: str) -> None:
    cls = made_by(point.call.method) if point.call else None
    uuid = getattr(execution.xen.uuid, str(cls).lower())(ref)
    _step(execution, undo.name, undo.fields(uuid), f"surplus/{uuid}")


def _take_back(execution: Execution, label: str, ref: str) -> None:
    """Send the step that waits for the end of a task and undoes what it made."""
    call = execution.entry.record.point(label).call
    if call and made_by(call.method) and execution.operation.undo:
        fields = {"task": ref, "method": call.method, "operation": execution.operation.name}
        target = other_pools.target_of(call.params)
        fields |= {"made_at": target} if target else {}
        _step(execution, TAKE_BACK, fields, f"surplus/{ref}")


def _step(execution: Execution, name: str, fields: Mapping[str, object], place: str) -> None:
    """Send a step that undoes, once for each place."""
    entry, root = execution.entry, execution.place.root
    execution.runtime.publisher.undo(
        name,
        canvas_ids.step_id(entry.identity, place),
        {**fields, **execution.connection},
        path=(*execution.place.path, entry.id),
        root=root,
    )
