"""Operations on XenServer's own tasks."""

from typing import Annotated, Literal

from celery import Signature, chain
from pydantic import Field

from tasks.engine.declaration import catalogue
from tasks.engine.declaration.answers import Done, Followed, Found, done, followed, found
from tasks.engine.declaration.field_types import (
    After,
    Fields,
    Label,
    Limit,
    Searches,
    Seconds,
    TaskUuid,
    Uuid,
)
from tasks.engine.declaration.operation import Steps, operation
from tasks.engine.declaration.suspensions import Expand, Follow
from tasks.engine.execution.probes import made_by, refs_of
from xenserver import errors, object_kinds
from xenserver.client import Xen

Status = Annotated[
    Literal["pending", "success", "failure", "cancelling", "cancelled"],
    Field(description="its state"),
]
TaskRef = Annotated[str, Field(description="a XenServer task, by reference", max_length=1024)]
OperationName = Annotated[str, Field(description="the name of an operation", max_length=255)]
MethodName = Annotated[str, Field(description="a method of XenServer", max_length=255)]
MadeAt = Annotated[Label, Field(description="the target where it was made, if another")]
Every = Annotated[Seconds, Field(description="the interval at which its end is checked (2s)")]

GONE = "gone"
"""The result of a task whose object is no more, or in another pool."""

_CANCELLED = {
    "cancelled": "Task cancelled",
    "success": "Task succeeded before it could be cancelled",
    "failure": "Task failed before it could be cancelled",
    "vanished": "Task ended, and XenServer no longer knows how",
}


@operation()
def cancel(xen: Xen, *, task: TaskUuid) -> Steps[Done]:
    """Cancel a task of XenServer, and return its end: some end before they are cancelled."""
    job = xen.find.task(task)
    xen.task.cancel(job)
    end = yield Follow(job.ref, any_end=True)
    return done(_CANCELLED[end["status"]], job)


@operation(queue="find")
def follow(xen: Xen, *, task: TaskUuid, every: Every = 5.0) -> Steps[Followed]:
    """Wait for the end of a task of XenServer, checked every `every`, and fail as it fails."""
    job = xen.find.task(task)
    record = xen.task.get_record(job)
    end = yield Follow(job.ref, every)
    made = _made(xen, record["name_label"], end["result"])
    answer = followed("Task succeeded", record, {**end, "result": made or end["result"]})
    uuid = made if isinstance(made, str) and made not in {"", GONE} else None
    return answer.model_copy(update={"uuid": uuid})


def _made(xen: Xen, name: str, result: str | list[str]) -> str | list[str]:
    """Return the UUIDs of what a task made; nothing for a result that is not a reference."""
    refs = [result] if isinstance(result, str) else result
    if not refs or not all(ref.startswith("OpaqueRef:") for ref in refs):
        return ""
    uuids = [_uuid(xen, name, ref) for ref in refs]
    return uuids[0] if isinstance(result, str) else uuids


def _uuid(xen: Xen, name: str, ref: str) -> str:
    """Return the UUID of what a task made: an object of the class that it is named after, mostly.

    `Async.VM.clone` makes a VM, `Async.pool.create_VLAN_from_PIF` PIFs.
    """
    named = name.removeprefix("Async.").partition(".")[0]
    for cls in dict.fromkeys([named, *object_kinds.CLASSES.values()]):
        try:
            return str(getattr(xen, cls).get_uuid(ref))
        except (errors.Missing, errors.Refused):
            continue  # of another class, or of none that has UUIDs
    return GONE


@operation(internal=True)
def take_back(
    xen: Xen,
    *,
    task: TaskRef,
    method: MethodName,
    operation: OperationName,
    made_at: MadeAt | None = None,
) -> Steps[Done]:
    """Wait for the end of a duplicate call, and undo what it made.

    The engine sends it into the run of an operation whose worker was overtaken while it called.
    """
    end = yield Follow(task, any_end=True)
    made_in, cls = catalogue.find(operation), made_by(method)
    if end["status"] != "success" or not cls or made_in is None or made_in.undo is None:
        return done("Nothing to undo")
    objects = getattr(xen.at(made_at) if made_at else xen, cls)
    uuids = [str(objects.get_uuid(ref)) for ref in refs_of(end["result"])]
    undo, where = made_in.undo, {"target": made_at} if made_at else {}
    steps = [Signature(undo.name, kwargs=undo.fields(u) | where, immutable=True) for u in uuids]
    yield Expand(steps[0] if len(steps) == 1 else chain(*steps))
    return Done(return_result=f"{cls} undone", uuid=uuids[0])


@operation(queue="find")
def find(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: Searches = False,
    status: Status | None = None,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find tasks of XenServer; without criteria, all of them."""
    records = xen.search.task(
        uuid=uuid,
        name=name,
        is_search_expression=is_search_expression,
        where={"status": status},
        fields=fields,
        limit=limit,
        after=after,
    )
    return found(records, "task", limit)
