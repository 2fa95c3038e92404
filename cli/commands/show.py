"""`xenflow show`: a run as a tree."""

from typer.core import TyperCommand

from cli import command as commands
from cli import journal_reader, run_lookup, run_views
from cli.exit_codes import Code
from cli.options import OutputOptions
from cli.output import Document, write
from cli.run_lookup import Id


def command(name: str) -> TyperCommand:
    """Return `xenflow show`."""
    return commands.make(name, show)


def show(id_: Id, *, options: OutputOptions) -> int:
    """Show a run: its operations as a tree, with times, answers and errors."""
    with journal_reader.opened() as journal:
        run = run_lookup.find(journal, id_, whole=True)
    write(Document(run.document(), lambda o: run_views.tree(run, traces=o.debug)), options)
    return Code.DONE
