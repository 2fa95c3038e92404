"""A whole house on this machine: `xenflow up` and `xenflow demo`."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import demo as demonstration
from cli import output, single_command
from cli.exit_codes import Code
from cli.options import Debug
from config import settings
from workers.local_stack import folder_lock, supervisor
from workers.local_stack.stack import Stack

Folder = Annotated[Path, typer.Option("--folder", help="where data and logs go")]


def command(name: str) -> TyperCommand:
    """Return one of them as a command."""
    return single_command.command(name, _COMMANDS[name])


def up(
    *,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="bring a simulated pool along, as the default target")
    ] = False,
    slots: Annotated[int, typer.Option(min=1, help="operations at once")] = 4,
    folder: Folder = Path(".run/up"),
    debug: Debug = False,  # noqa: ARG001 - read by entry.py
) -> int:
    """Run everything on this machine until Ctrl-C: Valkey, a worker, a poller, Flower."""
    folder = folder.resolve()
    with (
        folder_lock.within(folder),
        supervisor.told_to_end() as told,
        supervisor.Supervisor(folder) as home,
    ):
        house = Stack(home, targets=settings.load().targets)
        for part in _parts(house, slots, simulated=simulate):
            if not told.is_set():
                output.line(part())
        _stay(home, house, told)
    return Code.DONE


def demo(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", envvar="KEEP", help="stay up when done, until Ctrl-C")
    ] = False,
    vms: Annotated[int, typer.Option(min=1, help="how many VMs")] = 20,
    folder: Folder = Path(".run/demo"),
    debug: Debug = False,  # noqa: ARG001 - read by entry.py
) -> int:
    """Make 20 VMs at once on a simulated pool, and show what happened."""
    demonstration.show(folder.resolve(), vms=vms, keep=keep)
    return Code.DONE


def _parts(house: Stack, slots: int, *, simulated: bool) -> list[Callable[[], str]]:
    return [
        lambda: f"Valkey     {house.valkey()}",
        *([lambda: f"simulator  {house.simulator()}"] if simulated else []),
        lambda: f"worker     {house.worker(slots=slots).name}, {slots} slots",
        lambda: f"poller     {house.poller().name}",
        lambda: f"Flower     {house.flower()}  (user xenflow, {_flower_password(house)})",
    ]


def _flower_password(house: Stack) -> str:
    return f"password {house.environment['XENFLOW_FLOWER_PASSWORD']}"


def _stay(home: supervisor.Supervisor, house: Stack, told: threading.Event) -> None:
    if told.is_set():
        return
    output.line(f"\nlogs are in {house.folder}; in another terminal:\n")
    for line in house.exports():
        output.line(line)
    output.line("\nCtrl-C ends it all")
    home.stay(told)


_COMMANDS: dict[str, Callable[..., int]] = {"up": up, "demo": demo}
