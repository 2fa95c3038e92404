"""Orphans and stalled operations: what `xenflow sweep` finds and ends."""

import sys
from collections.abc import Sequence
from typing import Any

import structlog
from rich.console import RenderableType
from rich.text import Text

from cli import tables
from cli.confirmation import confirm
from cli.exit_codes import Code, CommandFailed
from cli.options import OutputOptions
from cli.output import Document, write
from config import settings
from tasks.engine.execution.runtime import Runtime
from workers import app as application
from workers.reconciler import reconcile
from workers.reconciler.orphans import Orphan


def sweep(targets: Sequence[str], options: OutputOptions, *, dry_run: bool, yes: bool) -> int:
    """Sweep the targets, or all that are known, and print what was found."""
    _log_to_stderr()
    with application.create(settings.load()) as app:
        runtime = app.runtime
        known = reconcile.named(runtime, targets) if targets else reconcile.everywhere(runtime)
        found = reconcile.find(runtime, known)
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


def _log_to_stderr() -> None:
    """Keep what the engine logs away from the output of this command."""
    if not structlog.is_configured():
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def _confirm(ours: Sequence[Orphan], *, yes: bool) -> None:
    if ours:
        listed = ", ".join(f"{one.cls} {one.uuid}" for one in ours)
        loss = f"{listed} will be lost"
        confirm(loss, command="xenflow sweep", refused="nothing was destroyed", yes=yes)


def _destroy(runtime: Runtime, ours: Sequence[Orphan]) -> None:
    for orphan in ours:
        reconcile.destroy(runtime, orphan)


def _text(found: reconcile.Found, *, dry_run: bool) -> RenderableType:
    if not found.orphans and not found.stalled:
        skipped = ", ".join(found.unreachable)
        return Text(f"nothing found; not looked at: {skipped}" if skipped else "nothing to sweep")
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
