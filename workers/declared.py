"""Loading what has been declared: our operations and flows, each by the import of its module."""

import importlib
import pkgutil

import canvases
import tasks
from config.settings import Settings


def load(settings: Settings) -> None:  # noqa: ARG001 - the folder of people's own operations is read from here
    """Import every module of `tasks` and `canvases`, so that the catalogue is full."""
    for room in (tasks, canvases):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.startswith("tasks.frame"):
                importlib.import_module(module.name)
