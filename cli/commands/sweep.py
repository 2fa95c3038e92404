"""`xenflow sweep`: brings stalled operations to an end, and destroys orphans."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text
from typer.core import TyperCommand

from cli import command as commands
from cli import tables
from cli.exit_codes import Code, CommandFailed
from cli.options import OutputOptions
from cli.output import Document, write
from config import settings
from tasks.engine.execution.runtime import Runtime
from workers import app as application
from workers.reconciler import reconcile
from workers.reconciler.orphans import Orphan

_Targets = Annotated[
    list[str] | None,
    typer.Option("--target", help="look at this target; several times for several [default: all]"),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="destroy orphans without a question")]


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
    """Make stalled operations go on, and destroy what calls left behind on the targets.

    An orphan bears the tag of a call whose operation has ended without it. One that the journal
    does not know is listed and left: another installation may be at work on the same pool.
    """
    with application.create(settings.load()) as app:
        runtime = app.runtime
        names = target or list(runtime.targets)
        found = reconcile.look(runtime, names)
        ours = [orphan for orphan in found.orphans if orphan.is_ours]
        if not dry_run:
            _confirm(ours, yes=yes)
            _destroy(runtime, ours)
            found.stalled = reconcile.resume_stalled(runtime)
    data: dict[str, Any] = {"dry_run": dry_run, **found.document()}
    rows = data["orphans"]
    write(Document(data, lambda _options: _text(found, dry_run=dry_run), rows), options)
    if found.unreachable:
        names_text = ", ".join(found.unreachable)
        text = f"could not look at {names_text}: {next(iter(found.unreachable.values()))}"
        raise CommandFailed(Code.UNREACHABLE, text, "xenflow targets --check")
    return Code.DONE


def _confirm(ours: Sequence[Orphan], *, yes: bool) -> None:
    if not ours or yes:
        return
    listed = ", ".join(f"{one.cls} {one.uuid}" for one in ours)
    if not typer.confirm(f"destroy {listed}?", err=True):
        raise CommandFailed(
            Code.FAILED, "nothing was destroyed", "--yes destroys without a question"
        )


def _destroy(runtime: Runtime, ours: Sequence[Orphan]) -> None:
    for orphan in ours:
        reconcile.destroy(runtime, orphan)


def _text(found: reconcile.Found, *, dry_run: bool) -> RenderableType:
    if not found.orphans and not found.stalled:
        return Text("nothing to sweep")
    done = "would be destroyed" if dry_run else "is being destroyed"
    rows: list[list[object]] = [
        [
            one.target,
            one.cls,
            one.uuid,
            one.operation,
            done if one.is_ours else "left: the journal does not know its operation",
        ]
        for one in found.orphans
    ]
    rows += [["", "operation", id_, id_, "stalled, is sent again"] for id_ in found.stalled]
    return tables.table(["target", "class", "uuid", "operation", "what is done"], rows)
