"""`xenflow watch`: a run, followed until it ends."""

from typer.core import TyperCommand

from cli import command as commands
from cli import journal_reader, run_following, run_lookup
from cli.options import OutputOptions
from cli.run_lookup import Id


def command(name: str) -> TyperCommand:
    """Return `xenflow watch`."""
    return commands.make(name, watch)


def watch(id_: Id, *, options: OutputOptions) -> int:
    """Follow a run until it ends; exit as it ended."""
    with journal_reader.opened() as journal:
        root = run_lookup.find(journal, id_).id
        run = run_following.follow(journal, root, shown=options.shows_progress)
    return run_following.report(run, options)
