"""`xenflow up`: everything on this machine until Ctrl-C."""

import importlib
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli import paths
from cli.exit_codes import Code, CommandFailed

_PANEL = "The simulated pool"


Simulate = Annotated[
    bool,
    typer.Option(
        "--simulate", help="simulate a pool, as the default target", rich_help_panel=_PANEL
    ),
]
Control = Annotated[
    bool,
    typer.Option("--control", help="enable the simulator's control API", rich_help_panel=_PANEL),
]
Speed = Annotated[
    float | None,
    typer.Option(
        min=0.001, max=1_000_000.0, help="simulated seconds per second", rich_help_panel=_PANEL
    ),
]
Vms = Annotated[
    int | None,
    typer.Option(min=0, max=100_000, help="this many additional VMs", rich_help_panel=_PANEL),
]
Pool = Annotated[
    Path | None,
    typer.Option(
        "--pool",
        metavar="FILE",
        help="a pool described by this pool file (TOML)",
        rich_help_panel=_PANEL,
    ),
]
Slots = Annotated[int, typer.Option(min=1, max=10_000, help="operations at once")]
Folder = Annotated[
    Path,
    typer.Option(
        "--folder", metavar="FOLDER", help="where data, logs, ports and passwords are kept"
    ),
]


def command(name: str) -> TyperCommand:
    """Return `xenflow up`."""
    return commands.make(name, up)


def up(  # noqa: PLR0913 - each is an option of the command
    *,
    simulate: Simulate = False,
    control: Control = False,
    speed: Speed = None,
    vms: Vms = None,
    pool: Pool = None,
    slots: Slots = 4,
    folder: Folder = Path(".run/up"),
) -> int:
    """Run everything on this machine until Ctrl-C: Valkey, a worker, a poller, Flower.

    Ports and passwords stay the same from one start to the next, and the file `env` in the folder
    holds the variables by which another shell reaches it. Valkey keeps runs and answers, too; a
    simulated pool is a new one at each start, so VMs of earlier runs are gone.
    """
    simulator = {"control": control, "speed": speed, "vms": vms, "pool": pool and pool.resolve()}
    given = {name: value for name, value in simulator.items() if value}
    if given and not simulate:
        text = "--control, --pool, --speed and --vms are for the simulated pool"
        raise CommandFailed(Code.USAGE, text, "xenflow up --simulate ...")
    place = folder.resolve()
    with paths.named_by("--folder", place):
        importlib.import_module("cli.stack").run(
            place, slots=slots, pool=given if simulate else None
        )
    return Code.DONE
