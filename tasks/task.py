"""Operations on XenServer's own tasks."""

from typing import Annotated, Literal

from pydantic import Field

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
from tasks.engine.declaration.suspensions import Follow
from xenserver.client import Xen

Status = Annotated[
    Literal["pending", "success", "failure", "cancelling", "cancelled"],
    Field(description="how it stands"),
]
Every = Annotated[Seconds, Field(description="the longest an end goes unnoticed (2s)")]

_CANCELLED = {
    "cancelled": "Task cancelled",
    "success": "Task succeeded before it could be cancelled",
    "failure": "Task failed before it could be cancelled",
    "vanished": "Task ended, and XenServer no longer knows how",
}


@operation()
def cancel(xen: Xen, *, task: TaskUuid) -> Steps[Done]:
    """Cancel a task of XenServer, and say what became of it: some end before they notice."""
    job = xen.find.task(task)
    xen.task.cancel(job)
    end = yield Follow(job.ref, any_end=True)
    return done(_CANCELLED[end["status"]], job)


@operation(queue="find")
def follow(xen: Xen, *, task: TaskUuid, every: Every = 5.0) -> Steps[Followed]:
    """Wait for the end of a task of XenServer, noticed within `every`, and fail as it fails."""
    job = xen.find.task(task)
    record = xen.task.get_record(job)
    end = yield Follow(job.ref, every)
    return followed("Task succeeded", record, end)


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
