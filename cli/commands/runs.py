"""`xenflow runs`: the latest runs, filtered."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text
from typer.core import TyperCommand

from cli import command as commands
from cli import completion, journal_reader, run_filters, run_lookup, run_views, tables
from cli.exit_codes import Code
from cli.options import Format, OutputOptions
from cli.output import Document, write
from cli.run_filters import State
from workers.run_record import Run

_PANEL = "Which runs"


_MOST = 100_000
Most = Annotated[
    int, typer.Option("--limit", "-n", min=1, max=_MOST, help="show at most this many")
]
MostAsBefore = Annotated[int | None, typer.Option("--most", min=1, max=_MOST, hidden=True)]
States = Annotated[
    list[State] | None,
    typer.Option(
        case_sensitive=False,
        help="in this state, whose words are above; may be repeated",
        rich_help_panel=_PANEL,
    ),
]
Name = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN",
        help="of this operation or flow: vm.start, 'vm.*', create",
        autocompletion=completion.operations,
        rich_help_panel=_PANEL,
    ),
]
OnTarget = Annotated[
    str | None,
    typer.Option(help="on this target", autocompletion=completion.targets, rich_help_panel=_PANEL),
]
Object = Annotated[
    str | None,
    typer.Option(
        "--object",
        metavar="NAME|UUID",
        help="with this object in the message or the answer",
        rich_help_panel=_PANEL,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="begun at this time or later: 2h, 3d, 2026-11-26, 14:30",
        rich_help_panel=_PANEL,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="begun at this time or earlier", rich_help_panel=_PANEL),
]


def command(name: str) -> TyperCommand:
    """Return `xenflow runs`."""
    return commands.make(name, runs)


def runs(  # noqa: PLR0913 - each is an option of the command
    most: Most = 20,
    *,
    most_as_before: MostAsBefore = None,
    state: States = None,
    name: Name = None,
    target: OnTarget = None,
    object_: Object = None,
    since: Since = None,
    until: Until = None,
    options: OutputOptions,
) -> int:
    """List the latest runs, newest first.

    A run is sent, then open, and ends as succeeded, failed, timed_out or cancelled. A failed or
    cancelled run is undone as well when all that it made is undone.

    Celery and Flower have other words: PENDING is sent; STARTED, PARKED and PROGRESS are open;
    SUCCESS is succeeded; FAILURE is failed, timed_out or cancelled; REVOKED is cancelled by Celery.
    """
    wanted = run_filters.Filter.read(
        states=state, name=name, target=target, object_=object_, since=since, until=until
    )
    most = most_as_before or most
    with journal_reader.opened() as journal:
        matches = None if wanted.is_empty else wanted.matches
        latest = run_lookup.latest(journal, most, matches=matches, since=wanted.since)
    rows = [run.document() for run in latest]
    none = "no run yet" if wanted.is_empty else "no run matches"
    write(Document({"runs": rows}, lambda chosen: _text(latest, chosen, none), rows), options)
    return Code.DONE


def _text(latest: Sequence[Run], chosen: OutputOptions, none: str) -> RenderableType:
    if not latest:
        return Text(none)
    if chosen.format is Format.LIST:
        return tables.lists([run_views.summary(run) for run in latest])
    return run_views.listed(latest, wide=chosen.wide)
