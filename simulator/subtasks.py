"""Subtasks: parts of an operation in tasks of their own, whose results it must read in time.

An operation waits for the event of a subtask's end and reads the result then. The sweep of finished
tasks may delete the record before: then the event never comes, or there is nothing left to read.
(xapi_vm_clone.ml)
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from simulator.call import Call
from simulator.errors import Failure, invalid_handle
from simulator.faults import FOREVER, SUBTASK_FAULTS
from simulator.tasks import Task


@asynccontextmanager
async def run(call: Call, name: str) -> AsyncIterator[Call]:
    """Run a part in a task of its own, such as `Async.VDI.clone` in a `VM.clone`.

    A cancel of the whole reaches the part; the part's record goes when its result is read.
    """
    pool = call.pool
    task = pool.tasks.start(name, session=call.running.session, subtask_of=call.task)
    try:
        yield Call(pool, task, method=call.method, session=call.session, args=call.args)
    except Failure as failure:
        task.fail(failure)
        call.running.check()
        raise
    else:
        task.succeed("<value></value>")
        await _read_result(call, task)
    finally:
        if call.db.exists("task", task.ref):
            pool.tasks.destroy(task.ref)


async def _read_result(call: Call, part: Task) -> None:
    """Wait for ever for an event that never comes, until a cancel fails; or read the result."""
    _sweep(call, part, "before")
    await _pause(call, "subtask.event")
    if _is_lost(call, part):
        call.running.progress(1.0)
        with suppress(Failure):
            await call.running.sleep(FOREVER)
    _sweep(call, part, "after")
    await _pause(call, "subtask.result")
    if _is_lost(call, part):
        raise invalid_handle("task", part.ref)


def _is_lost(call: Call, part: Task) -> bool:
    """Return whether a record is gone while that of its call, as no restart does, stands."""
    return not call.db.exists("task", part.ref) and call.db.exists("task", call.task)


def _sweep(call: Call, part: Task, when: str) -> None:
    if call.pool.faults.take(SUBTASK_FAULTS, call.method, [*call.args, part.name], when):
        call.pool.tasks.lose(part.ref)


async def _pause(call: Call, name: str) -> None:
    if seconds := call.pool.duration(name):
        await call.pool.clock.sleep(seconds)
