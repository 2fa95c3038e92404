"""`xenflow up`: everything on this machine until Ctrl-C."""

import shlex
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli import output
from cli.exit_codes import Code, CommandFailed
from config import settings
from workers.local_stack import folder_lock, supervisor
from workers.local_stack.stack import Stack

_PANEL = "The simulated pool"


def command(name: str) -> TyperCommand:
    """Return `xenflow up`."""
    return commands.make(name, up)


def up(  # noqa: PLR0913 - each is an option of the command
    *,
    simulate: Annotated[
        bool,
        typer.Option(
            "--simulate", help="simulate a pool, as the default target", rich_help_panel=_PANEL
        ),
    ] = False,
    control: Annotated[
        bool,
        typer.Option(
            "--control", help="enable the simulator's control API", rich_help_panel=_PANEL
        ),
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option(min=0.001, help="simulated seconds per second", rich_help_panel=_PANEL),
    ] = None,
    vms: Annotated[
        int | None, typer.Option(min=0, help="so many VMs more", rich_help_panel=_PANEL)
    ] = None,
    slots: Annotated[int, typer.Option(min=1, help="operations at once")] = 4,
    folder: Annotated[
        Path, typer.Option("--folder", help="folder of data, logs, ports and passwords")
    ] = Path(".run/up"),
) -> int:
    """Run everything on this machine until Ctrl-C: Valkey, a worker, a poller, Flower.

    Ports and passwords stay the same from one start to the next, and the file `env` in the folder
    holds the variables by which another shell reaches it.
    """
    if not simulate and (control or speed is not None or vms is not None):
        text = "--control, --speed and --vms are for the simulated pool"
        raise CommandFailed(Code.USAGE, text, "xenflow up --simulate ...")
    folder = folder.resolve()
    with (
        folder_lock.within(folder),
        supervisor.stop_requested() as stop,
        supervisor.Supervisor(folder) as processes,
    ):
        stack = Stack(processes, targets=settings.load().targets)
        pool = {"control": control, "speed": speed or 1.0, "vms": vms or 0} if simulate else None
        _start(stack, slots, pool, stop)
        if not stop.is_set():
            _print_addresses(stack)
            processes.run_until(stop, on_restart=output.line)
    return Code.DONE


def _start(stack: Stack, slots: int, pool: dict[str, float] | None, stop: threading.Event) -> None:
    """Start one process after the other, and print each; none more once a stop is requested."""
    for line in _started(stack, slots, pool):
        output.line(line)
        if stop.is_set():
            return


def _started(stack: Stack, slots: int, pool: dict[str, float] | None) -> Iterator[str]:
    yield f"Valkey     {stack.valkey()}"
    if pool is not None:
        yield f"simulator  {stack.simulator(**pool)}"  # type: ignore[arg-type]  # its keywords
    yield f"worker     {stack.worker(slots=slots).name}, {slots} slots"
    yield f"poller     {stack.poller().name}"
    url = stack.flower()
    yield f"Flower     {url}  (user xenflow, password {_flower_password(stack)})"


def _flower_password(stack: Stack) -> str:
    return stack.environment["XENFLOW_FLOWER_PASSWORD"]


def _print_addresses(stack: Stack) -> None:
    stack.write_environment_file()
    output.line(f"\nlogs are in {stack.folder}; in another terminal:\n")
    for line in stack.export_lines():
        output.line(line)
    output.line(f"\nor: . {shlex.quote(str(stack.environment_file))}")
    output.line("\nCtrl-C stops it all")
