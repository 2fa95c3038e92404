"""The local stack of `xenflow up`: everything on this machine until Ctrl-C."""

import os
import shlex
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cli import output
from config import settings
from simulator import inventory
from workers.local_stack import folder_lock, supervisor
from workers.local_stack.stack import Stack
from workers.local_stack.supervisor import StackError

Pool = Mapping[str, Any]
"""Options of the simulated pool."""


def run(folder: Path, *, slots: int, pool: Pool | None) -> None:
    """Run everything until a stop is requested; without `pool`, no pool is simulated."""
    if pool and "pool" in pool:
        inventory.read(pool["pool"])  # what is wrong in it is reported before anything starts
    with (
        folder_lock.within(folder),
        supervisor.stop_requested(on_stop=_note_stop) as stop,
        supervisor.Supervisor(folder) as processes,
    ):
        stack = Stack(processes, targets=settings.load().targets)
        _start(stack, slots, pool, stop)
        if not stop.is_set():
            _print_addresses(stack)
            processes.run_until(stop, on_restart=output.line)
    output.line("everything has stopped")


def _note_stop() -> None:
    """Say that all is being stopped, from a signal handler: not by a stream that it interrupts."""
    with suppress(OSError):
        os.write(sys.stderr.fileno(), b"\nstopping ...\n")


def _start(stack: Stack, slots: int, pool: Pool | None, stop: threading.Event) -> None:
    """Start one process after the other, and print each; none more once a stop is requested."""
    for line in _started(stack, slots, pool):
        output.line(line)
        if stop.is_set():
            return


def _started(stack: Stack, slots: int, pool: Pool | None) -> Iterator[str]:
    yield f"Valkey     {stack.valkey()}"
    if pool is not None:
        yield f"simulator  {stack.simulator(**pool)}"
    yield f"worker     {stack.worker(slots=slots).name}, {slots} slots"
    yield f"poller     {stack.poller().name}"
    yield f"Flower     {_flower(stack)}"
    for name, (before, now) in stack.moved.items():
        yield f"\nport {before} of {name} is taken by another process; {name} has {now} from now on"


def _flower(stack: Stack) -> str:
    """Start Flower, without which the others run as well."""
    try:
        url = stack.flower()
    except StackError as error:
        return f"does not run, the others do: {error}"
    return f"{url}  (user xenflow, password {_flower_password(stack)})"


def _flower_password(stack: Stack) -> str:
    return stack.environment["XENFLOW_FLOWER_PASSWORD"]


def _print_addresses(stack: Stack) -> None:
    stack.write_environment_file()
    output.line(f"\nlogs are in {stack.folder}; in another terminal:\n")
    for line in stack.export_lines():
        output.line(line)
    output.line(f"\nor: . {shlex.quote(str(stack.environment_file))}")
    output.line("\nCtrl-C stops it all")
