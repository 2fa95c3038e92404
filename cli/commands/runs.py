"""`xenflow runs`: the latest runs, filtered."""

from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text
from typer.core import TyperCommand

from cli import command as commands
from cli import completion, journal_reader, run_filters, run_views, tables
from cli.exit_codes import Code
from cli.options import Format, OutputOptions
from cli.output import Document, write
from cli.run_filters import State
from workers.run_reader import Runs

_PANEL = "Which runs"


def command(name: str) -> TyperCommand:
    """Return `xenflow runs`."""
    return commands.make(name, runs)


def runs(  # noqa: PLR0913 - each is an option of the command
    most: Annotated[
        int, typer.Option("--most", "-n", min=1, max=100_000, help="how many at most")
    ] = 20,
    *,
    state: Annotated[
        list[State] | None,
        typer.Option(
            case_sensitive=False, help="in this state; may be repeated", rich_help_panel=_PANEL
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN",
            help="of this operation or flow: vm.start, 'vm.*', create",
            autocompletion=completion.operations,
            rich_help_panel=_PANEL,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="on this target", autocompletion=completion.targets, rich_help_panel=_PANEL
        ),
    ] = None,
    object_: Annotated[
        str | None,
        typer.Option(
            "--object",
            metavar="NAME|UUID",
            help="that took or answered this object",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="begun since: 2h, 3d, 2026-11-26, 14:30", rich_help_panel=_PANEL
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="begun until", rich_help_panel=_PANEL),
    ] = None,
    options: OutputOptions,
) -> int:
    """List the latest runs, newest first."""
    wanted = run_filters.Filter.read(
        states=state, name=name, target=target, object_=object_, since=since, until=until
    )
    with journal_reader.opened() as journal:
        matches = None if wanted.is_empty else wanted.matches
        latest = Runs(journal).latest(most, matches=matches, since=wanted.since)
    rows = [run.document() for run in latest]

    def text(chosen: OutputOptions) -> RenderableType:
        if not latest:
            return Text("no run yet" if wanted.is_empty else "no run matches")
        if chosen.format is Format.LIST:
            return tables.lists([run_views.summary(run) for run in latest])
        return run_views.listed(latest, wide=chosen.wide)

    write(Document({"runs": rows}, text, rows), options)
    return Code.DONE
