"""A whole house on this machine: `xenflow up` and `xenflow demo`."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from config import settings
from workers import alone, household
from workers import demo as demonstration
from workers.cli import making, screen
from workers.cli.endings import Code
from workers.cli.manner import Debug
from workers.house import House

Folder = Annotated[Path, typer.Option("--folder", help="where data and logs go")]


def command(name: str) -> TyperCommand:
    """Give one of them as a command."""
    return making.command(name, _COMMANDS[name])


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
        alone.within(folder),
        household.told_to_end() as told,
        household.Household(folder) as home,
    ):
        house = House(home, targets=settings.load().targets)
        for part in _parts(house, slots, simulated=simulate):
            if not told.is_set():
                screen.line(part())
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


def _parts(house: House, slots: int, *, simulated: bool) -> list[Callable[[], str]]:
    return [
        lambda: f"Valkey     {house.valkey()}",
        *([lambda: f"simulator  {house.simulator()}"] if simulated else []),
        lambda: f"worker     {house.worker(slots=slots).name}, {slots} slots",
        lambda: f"poller     {house.poller().name}",
        lambda: f"Flower     {house.flower()}  (user xenflow, {_flower_password(house)})",
    ]


def _flower_password(house: House) -> str:
    return f"password {house.environment['XENFLOW_FLOWER_PASSWORD']}"


def _stay(home: household.Household, house: House, told: threading.Event) -> None:
    if told.is_set():
        return
    screen.line(f"\nlogs are in {house.folder}; in another terminal:\n")
    for line in house.exports():
        screen.line(line)
    screen.line("\nCtrl-C ends it all")
    home.stay(told)


_COMMANDS: dict[str, Callable[..., int]] = {"up": up, "demo": demo}
