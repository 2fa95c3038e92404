"""Serving in this process: worker, poller, Flower."""

from functools import partial

import structlog

from cli import failure_reports, output
from cli.client import AWAY, Client
from config import logs, settings
from config.settings import Settings
from workers import processes

log = structlog.get_logger()


def serve_operations(*, name: str, slots: int | None) -> int:
    """Run operations and flows until SIGTERM; return the exit code."""
    chosen = settings.load()
    logs.configure(chosen)
    return processes.serve_operations(
        chosen, on_start=partial(_report_redis, chosen), name=name, slots=slots
    )


def serve_poller(*, name: str) -> int:
    """Follow the tasks of XenServer until SIGTERM; return the exit code."""
    chosen = settings.load()
    logs.configure(chosen)
    return processes.serve_poller(chosen, on_start=partial(_report_redis, chosen), name=name)


def serve_flower() -> None:
    """Show workers and tasks in a browser until SIGTERM."""
    chosen = settings.load()
    logs.configure(chosen)
    _report_redis(chosen)
    processes.serve_flower(chosen)


def _report_redis(chosen: Settings) -> None:
    """Say what is wrong with Redis, and how to fix it; the process waits for it anyway."""
    try:
        with Client(chosen) as client:
            client.redis.ping()
            client.app.connection_for_write().connect()
    except AWAY as error:
        lines = [*failure_reports.failure_of(error).lines(), "Redis is waited for"]
        if chosen.log_format == "json":
            log.warning("redis_is_away", explanation="\n".join(lines))
        else:
            output.note("\n".join(lines))
