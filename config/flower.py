"""Flower's options: Flower itself reads this file, as its `--conf`.

It shows and never acts, for whoever could start tasks here could power off machines.
"""

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
tasks_columns = "name,uuid,state,kwargs,result,received,started,runtime,worker,retries"
max_tasks = 20_000  # a flow of thousands of steps is seen whole, in some 100 MB
max_workers = 500
purge_offline_workers = 600  # workers that were replaced are forgotten after ten minutes
inspect_timeout = 3000.0  # milliseconds; a busy pool answers late


def format_task(task: Task) -> Task:
    """Hide passwords that a foreign producer sent in the clear; what it is given is a copy."""
    task.args, task.kwargs, task.result = map(_masked, (task.args, task.kwargs, task.result))
    return task


def _masked(text: str | None) -> str | None:
    return masking.mask(text) if isinstance(text, str) else text
