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
    """Show a run: its operations as a tree, with times, answers and errors.

    The marks are ✓ succeeded, ✗ failed, timed out or cancelled, … sent or open, and ↺ undone, which
    is a step that undoes another one.

    A call of XenServer is launched when it is sent, parked while the operation waits for it without
    a slot, and landed when its outcome is known. The first time is since the run began, the second
    one how long it took.
    """
    with journal_reader.opened() as journal:
        run = run_lookup.find(journal, id_, whole=True)
    write(Document(run.document(), lambda o: run_views.tree(run, traces=o.debug)), options)
    return Code.DONE
