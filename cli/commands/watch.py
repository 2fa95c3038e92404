"""`xenflow watch`: a run, followed until it ends."""

import importlib
from typing import Any

from typer.core import TyperCommand

from cli import command as commands
from cli import journal_reader, run_lookup
from cli.options import OutputOptions
from cli.run_lookup import Id

_FOLLOWING = "cli.run_following"  # imports what draws


def command(name: str) -> TyperCommand:
    """Return `xenflow watch`."""
    return commands.make(name, watch)


def watch(id_: Id, *, options: OutputOptions) -> int:
    """Follow a run until it ends; exit as it ended."""
    following: Any = importlib.import_module(_FOLLOWING)
    with journal_reader.opened() as journal:
        root = run_lookup.find(journal, id_).id
        run = following.follow(journal, root, shown=options.shows_progress)
    return int(following.report(run, options))
