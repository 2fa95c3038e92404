"""Serving, in this process until a signal ends it: operations, the poller, Flower."""

import re
import socket
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from celery import Celery, signals
from celery.apps import worker as celery_worker

import config
from config import logs, queues
from config.celery import celery_settings
from config.settings import Settings
from workers import app as application
from workers import control_commands
from workers.maintenance_timer import MaintenanceTimer
from workers.pool import Pool
from workers.process_records import ProcessRecordStep
from workers.watchdog import Watchdog

_ROOT = "You're running the worker with superuser privileges"
_SHUTDOWN = re.compile(r"worker: (\w+) shutdown \(MainProcess\)")
_AGAIN = "Hitting Ctrl+C again"
_NO_TARGET = "none: XENFLOW_TARGETS names the file of connection profiles"
INTERRUPTED = 130  # exit code
POLLER_SLOTS = 64  # targets one poller process follows; each slot sleeps in a long poll

log = structlog.get_logger()


def serve_operations(
    settings: Settings,
    *,
    on_start: Callable[[], None],
    name: str = "worker",
    slots: int | None = None,
) -> int:
    """Serve operations and flows; return the exit code of the process.

    `on_start` is called when operations and targets have been read, before Redis is needed.
    """
    slots = slots or settings.concurrency
    return _serve(settings, on_start, name=name, serves=queues.OPERATIONS, slots=slots)


def serve_poller(settings: Settings, *, on_start: Callable[[], None], name: str = "poller") -> int:
    """Follow XenServer's tasks, each target by one slot; return the exit code of the process."""
    return _serve(settings, on_start, name=name, serves=[queues.POLL], slots=POLLER_SLOTS)


def serve_flower(settings: Settings) -> None:
    """Show workers and tasks in a browser."""
    app = Celery(
        "xenflow"
    )  # its settings hold the broker's password, which others see in arguments
    app.conf.update(celery_settings(settings, for_worker=True))
    options = Path(config.__file__).with_name("flower.py")
    app.start(["flower", f"--conf={options}"])


def _serve(
    settings: Settings,
    on_start: Callable[[], None],
    *,
    name: str,
    serves: Sequence[str],
    slots: int,
) -> int:
    warnings.filterwarnings("ignore", _ROOT)  # who must not unpickle, and does not: all is JSON
    node = f"{name}@{socket.gethostname()}"
    app = application.create(settings, for_worker=True)
    runtime = app.runtime  # a wrong file of targets is refused before anything is connected
    on_start()
    stopped = _signal_noted()
    targets = list(runtime.targets) or _NO_TARGET
    log.info("process_starts", node=node, queues=list(serves), slots=slots, targets=targets)
    app.steps["consumer"].update({MaintenanceTimer, ProcessRecordStep})
    app.steps["worker"].add(Watchdog)
    control_commands.register()
    celery_worker.safe_say = _log_at_once  # type: ignore[attr-defined]  # celery-types lacks it
    worker = app.Worker(
        hostname=node,
        pool_cls=Pool,
        concurrency=slots,
        queues=list(serves),
        loglevel=settings.log_level,
        quiet=True,  # no banner with all tasks
        task_events=True,
        without_gossip=True,  # workers need not know of each other,
        without_mingle=True,  # and start quicker so
    )
    worker.start()
    runtime.sessions.close()
    return INTERRUPTED if "SIGINT" in stopped else int(worker.exitcode or 0)


def _signal_noted() -> list[str]:
    """Return a list, to which the signal is added that ends this process."""
    stopped: list[str] = []

    def note(sig: str, **_: object) -> None:
        stopped.append(sig)

    signals.worker_shutting_down.connect(note, weak=False)
    return stopped


def _log_at_once(message: str, _: object = None) -> None:
    """Log what Celery says in its signal handlers, and would write as plain text to stdout.

    It calls each process a worker, and all that is executed tasks.
    """
    found = _SHUTDOWN.match(message)
    text = f"{found[1].lower()} shutdown" if found else message.removeprefix("worker: ")
    text = "Ctrl-C again ends it at once" if text.startswith(_AGAIN) else text
    logs.write_at_once("celery.worker", text)
