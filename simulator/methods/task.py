"""Methods of tasks (ocaml/xapi/xapi_task.ml)."""

from typing import Any

from simulator.call import Call
from simulator.methods import method


@method("task.create")
async def create(call: Call, label: str, description: str) -> str:
    """Create a pending task that the client itself completes."""
    return call.pool.tasks.record(label, description)


@method("task.cancel")
async def cancel(call: Call, task: str) -> None:
    """Request the cancellation of an operation."""
    call.pool.tasks.cancel(task, call.task)


@method("task.destroy")
async def destroy(call: Call, task: str) -> None:
    """Delete a finished task; a pending one is deleted by the sweep after its end."""
    call.pool.tasks.destroy(task)


@method("task.set_status")
async def set_status(call: Call, task: str, value: str) -> None:
    """Set the status; a final status sets `finished`."""
    ended = {} if value == "pending" else {"finished": call.pool.clock.iso()}
    _set(call, task, status=value, **ended)


@method("task.set_progress")
async def set_progress(call: Call, task: str, value: float) -> None:
    """Set the progress."""
    _set(call, task, progress=value)


@method("task.set_result")
async def set_result(call: Call, task: str, value: str) -> None:
    """Set the result text."""
    _set(call, task, result=value)


@method("task.set_error_info")
async def set_error_info(call: Call, task: str, value: list[str]) -> None:
    """Set code and parameters of a failure."""
    _set(call, task, error_info=value)


@method("task.set_resident_on")
async def set_resident_on(call: Call, task: str, value: str) -> None:
    """Set the host that works on a task."""
    _set(call, task, resident_on=value)


def _set(call: Call, task: str, **fields: Any) -> None:  # noqa: ANN401 - wire values
    call.db.put("task", task, **fields)
