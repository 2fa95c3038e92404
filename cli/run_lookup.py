"""Finding runs, begun or not: the one that a person names, and the latest ones."""

import importlib
from collections.abc import Callable
from typing import Annotated, Any

import typer

from cli import completion
from cli.exit_codes import Code, CommandFailed
from tasks.engine.journal.journal import Journal
from workers.run_reader import NoSuchRun, Runs, SeveralRuns
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
    runs = Runs(journal)
    try:
        return runs.find(name, whole=whole)
    except SeveralRuns as several:
        raise CommandFailed(Code.FAILED, str(several), "xenflow runs") from None
    except NoSuchRun:
        pass
    sent: Run | None = _sent_runs().find(journal, name)
    if sent:
        return sent
    try:
        return runs.find(name, whole=whole)  # it may have begun between the two looks
    except NoSuchRun as unknown:
        raise CommandFailed(Code.FAILED, str(unknown), "xenflow runs") from None


def latest(
    journal: Journal, most: int, *, matches: Callable[[Run], bool] | None = None, since: float = 0.0
) -> list[Run]:
    """Return the latest runs that match: those that have not begun, then the newest first."""
    sent = _sent_runs().latest(journal, most, matches=matches)
    begun = Runs(journal).latest(most, matches=matches, since=since)
    known = {run.id for run in begun}  # one may have begun between the two looks
    return [*(run for run in sent if run.id not in known), *begun][:most]


def _sent_runs() -> Any:
    """Return the module that knows the runs of which nothing has begun."""
    return importlib.import_module("cli.sent_runs")  # only once Redis has answered
