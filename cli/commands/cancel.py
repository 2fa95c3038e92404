"""`xenflow cancel`: an operation or flow is cancelled, what it made is undone."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli import run_lookup
from cli.exit_codes import Code, CommandFailed
from cli.options import OutputOptions
from cli.output import Document, write
from cli.run_lookup import Id
from workers.run_record import Run

_CLIENT = "cli.client"  # imports Celery
_FOLLOWING = "cli.run_following"  # imports what draws


def command(name: str) -> TyperCommand:
    """Return `xenflow cancel`."""
    return commands.make(name, cancel)


def cancel(
    id_: Id,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="wait until it has ended and what it made is undone")
    ] = False,
    options: OutputOptions,
) -> int:
    """Cancel an operation or flow: XenServer's task is cancelled, what was made is undone."""
    with importlib.import_module(_CLIENT).connected() as producer:
        journal = producer.journal
        operation = id_ if journal.read(id_) else run_lookup.find(journal, id_).id
        outcome = producer.cancel(operation)
        text = f"{operation} {_TEXTS[outcome]}"
        if not outcome.startswith("asked"):
            raise CommandFailed(Code.FAILED, text, f"xenflow show {operation}", id=operation)
        if wait:
            root = run_lookup.find(journal, operation).id
            following = importlib.import_module(_FOLLOWING)
            run = following.follow(journal, root, shown=options.shows_progress)
            text = f"{operation} {_ended(run, operation)}"
    data = {"id": operation, "outcome": outcome, "ended": wait}
    write(Document(data, lambda _options: text), options)
    return Code.DONE


def _ended(run: Run, operation: str) -> str:
    step = run.find(operation) or run
    if step.state == "cancelled":
        return f"is {step.status()}"
    return f"ended before it was cancelled: {step.status()}"


_TEXTS = {
    "asked": "is being cancelled; what it made is being undone",
    "asked before": "is being cancelled already",
    "ended": "has ended already",
    "unknown": "is not known",
}
