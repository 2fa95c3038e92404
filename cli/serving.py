"""Serving in this process: worker, poller, Flower."""

from config import logs, settings
from workers import processes


def serve_operations(*, name: str, slots: int | None) -> int:
    """Run operations and flows until SIGTERM; return the exit code."""
    chosen = settings.load()
    logs.configure(chosen)
    return processes.serve_operations(chosen, name=name, slots=slots)


def serve_poller(*, name: str) -> int:
    """Follow the tasks of XenServer until SIGTERM; return the exit code."""
    chosen = settings.load()
    logs.configure(chosen)
    return processes.serve_poller(chosen, name=name)


def serve_flower() -> None:
    """Show workers and tasks in a browser until SIGTERM."""
    chosen = settings.load()
    logs.configure(chosen)
    processes.serve_flower(chosen)
