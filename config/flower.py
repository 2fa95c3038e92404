"""Flower's options: Flower itself reads this file, as its `--conf`.

It is read-only, because anyone who could start tasks here could power off machines.
"""

import ast
import time

from celery import current_app
from celery.events.state import Task

from config import masking
from config import settings as _settings

_chosen = _settings.load()

address = _chosen.flower_address
port = _chosen.flower_port
basic_auth = (
    [f"{_chosen.flower_user}:{_chosen.flower_password.get_secret_value()}"]
    if _chosen.flower_password
    else []
)
read_only = True
natural_time = False
tasks_columns = "name,state,result,runtime,uuid,kwargs,received,worker"
max_tasks = 20_000  # a flow of thousands of steps is seen whole, in some 100 MB
max_workers = 500
purge_offline_workers = 600  # workers that were replaced are forgotten after ten minutes
inspect_timeout = 3000.0  # milliseconds; a busy pool answers late


_PARKED = "PARKED"  # the state that Celery's monitors make of our event `task-parked`


def format_task(task: Task) -> Task:
    """Return a task as Flower shows it: no password, and what a parked operation waits for.

    Flower passes a copy.
    """
    task.args, task.kwargs, task.result = map(_masked, (task.args, task.kwargs, task.result))
    if task.state == _PARKED and task.received:
        task.result = _waiting(task)
        task.runtime = time.time() - task.received
    elif not task.result:
        task.result = _masked(_in_words(task.exception))
    return task


def _in_words(exception: str | None) -> str | None:
    """Return the message of an operation's error, which stands behind its code and parameters."""
    arguments = str(exception).partition("(")[2]
    try:
        match ast.literal_eval(f"({arguments}"):
            case (str(), list(), str() as words):
                return words
    except (SyntaxError, TypeError, ValueError):
        pass  # it is cut off
    return exception


def _masked(text: str | None) -> str | None:
    return masking.mask(text) if isinstance(text, str) else text


def _waiting(task: Task) -> str:
    """Return what a parked task waits for, since when, and how far XenServer is."""
    since = time.strftime("%H:%M:%S UTC", time.gmtime(task.timestamp))  # as Flower shows times
    progress = _progress(task.uuid)
    shown = f", {progress:.0%}" if progress else ""
    return f"{task.result}{shown}, since {since}"


def _progress(task_id: str) -> float:
    """Return the progress of a task, which the poller writes into the result backend."""
    meta = current_app.backend.get_task_meta(task_id)
    found = meta.get("result")
    return float(found.get("progress", 0.0)) if isinstance(found, dict) else 0.0
