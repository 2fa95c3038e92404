"""The parts that serve, each as a process of its own: worker, poller, Flower."""

from collections.abc import Callable
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import single_command
from cli.exit_codes import Code
from cli.options import Debug
from config import logs, settings
from workers import processes


def command(name: str) -> TyperCommand:
    """Return one of them as a command."""
    return single_command.command(name, _COMMANDS[name])


def worker(
    name: Annotated[str, typer.Option(help="what it is called, before the host's name")] = "worker",
    slots: Annotated[
        int | None, typer.Option(min=1, help="operations at once; XENFLOW_CONCURRENCY if not said")
    ] = None,
    *,
    debug: Debug = False,  # noqa: ARG001 - read by entry.py
) -> int:
    """Carry out operations and flows, until SIGTERM."""
    chosen = settings.load()
    logs.configure(chosen)
    return processes.serve_operations(chosen, name=name, slots=slots)


def poller(
    name: Annotated[str, typer.Option(help="what it is called, before the host's name")] = "poller",
    *,
    debug: Debug = False,  # noqa: ARG001 - read by entry.py
) -> int:
    """Follow the tasks of XenServer on all targets, until SIGTERM."""
    chosen = settings.load()
    logs.configure(chosen)
    return processes.serve_poller(chosen, name=name)


def flower(*, debug: Debug = False) -> int:  # noqa: ARG001 - read by entry.py
    """Show workers and tasks in a browser, until SIGTERM; nothing can be changed there."""
    chosen = settings.load()
    logs.configure(chosen)
    processes.serve_flower(chosen)
    return Code.DONE


_COMMANDS: dict[str, Callable[..., int]] = {"worker": worker, "poller": poller, "flower": flower}
