"""`xenflow sweep`: brings stalled operations to an end, and destroys orphans."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli.options import OutputOptions

_Targets = Annotated[
    list[str] | None,
    typer.Option("--target", help="look at this target; repeat it for several [default: all]"),
]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="print what would be done, and do nothing")
]
_Yes = Annotated[
    bool,
    typer.Option("--yes", "-y", help="destroy orphans without asking; required without a terminal"),
]


def command(name: str) -> TyperCommand:
    """Return `xenflow sweep`."""
    return commands.make(name, sweep)


def sweep(
    *,
    target: _Targets = None,
    dry_run: _DryRun = False,
    yes: _Yes = False,
    options: OutputOptions,
) -> int:
    """Resume stalled operations, and destroy what calls left behind on the targets.

    An orphan has the tag of a call whose operation has ended without it. One that the journal
    does not know is only listed: another installation may be at work on the same pool.
    """
    work = importlib.import_module("cli.orphan_sweep")  # imports the engine
    return int(work.sweep(target or [], options, dry_run=dry_run, yes=yes))
