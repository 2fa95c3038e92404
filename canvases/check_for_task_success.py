"""How a task of XenServer ends."""

from tasks import task as xen_task
from tasks.engine.declaration.answers import Followed
from tasks.engine.declaration.field_types import TaskUuid
from tasks.engine.declaration.flow import Canvas, flow


@flow(answer=Followed)
def check_for_task_success(*, task: TaskUuid, sleep_increment: xen_task.Every = 5.0) -> Canvas:
    """Follow a task of XenServer to its end, and fail as it fails.

    The end is noticed within `sleep_increment`.
    """
    return xen_task.follow.s(task=task, every=sleep_increment)
