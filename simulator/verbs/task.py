"""What clients do to tasks: make, set, cancel and destroy them (ocaml/xapi/xapi_task.ml)."""

from typing import Any

from simulator.call import Call
from simulator.verbs import verb


@verb("task.create")
async def create(call: Call, label: str, description: str) -> str:
    """Make a pending task that the client itself completes."""
    return call.pool.tasks.record(label, description)


@verb("task.cancel")
async def cancel(call: Call, task: str) -> None:
    """Ask the operation to stop; whether it heeds is not told."""
    call.pool.tasks.cancel(task, call.task)


@verb("task.destroy")
async def destroy(call: Call, task: str) -> None:
    """Delete a finished task; a pending one stays, and goes with the sweep after its end."""
    call.pool.tasks.destroy(task)


@verb("task.set_status")
async def set_status(call: Call, task: str, value: str) -> None:
    """Set the status; an end gets its date."""
    ended = {} if value == "pending" else {"finished": call.pool.clock.iso()}
    _set(call, task, status=value, **ended)


@verb("task.set_progress")
async def set_progress(call: Call, task: str, value: float) -> None:
    """Set how far the task is."""
    _set(call, task, progress=value)


@verb("task.set_result")
async def set_result(call: Call, task: str, value: str) -> None:
    """Set the result text."""
    _set(call, task, result=value)


@verb("task.set_error_info")
async def set_error_info(call: Call, task: str, value: list[str]) -> None:
    """Set code and parameters of a failure."""
    _set(call, task, error_info=value)


def _set(call: Call, task: str, **fields: Any) -> None:  # noqa: ANN401  # wire values
    call.db.put("task", task, **fields)
