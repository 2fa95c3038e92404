"""Finding the run that a person names, and its id as an argument of commands."""

from typing import Annotated

import typer

from cli import completion
from cli.exit_codes import Code, CommandFailed
from tasks.engine.journal.journal import Journal
from workers.run_reader import NoSuchRun, Runs
from workers.run_record import Run

Id = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="the run's id, 4 or more of its first characters, or the id of one of its operations",
        autocompletion=completion.runs,
    ),
]


def find(journal: Journal, name: str, *, whole: bool = False) -> Run:
    """Return the run of an id or of its beginning; fail where there is none."""
    try:
        return Runs(journal).find(name, whole=whole)
    except NoSuchRun as unknown:
        raise CommandFailed(Code.FAILED, str(unknown), "xenflow runs") from None
