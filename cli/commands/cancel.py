"""`xenflow cancel`: an operation or flow is cancelled, what it made is undone."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import catalogue_index, run_lookup
from cli import command as commands
from cli.exit_codes import Code, CommandFailed
from cli.options import OutputOptions
from cli.output import Document, write
from cli.run_lookup import Id
from workers.run_record import SENT, Run, Step

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
    """Cancel an operation or flow: XenServer's task is cancelled, what was made is undone.

    One that no worker has begun with ends when a worker takes it, and reaches no XenServer. As JSON
    the `outcome` is `asked`, or `asked before` of one that is being cancelled already; `ended` is
    whether it has ended, as `--wait` waits for it.
    """
    with importlib.import_module(_CLIENT).connected() as producer:
        run = run_lookup.find(producer.journal, id_)
        step = run.find(id_) or run.find(run.id) or run.steps[0]
        operation = step.id if step.id == id_ else run.id
        outcome = producer.cancel(operation, is_sent=step.phase == SENT)
        named = f"{step.name} {operation}"
        if not outcome.startswith("asked"):
            text = f"{named} {_REFUSED[outcome]}"
            raise CommandFailed(Code.FAILED, text, f"xenflow show {operation}", id=operation)
        text = f"{_asked(step, outcome)}\nNext: xenflow watch {operation}"
        if wait:
            following = importlib.import_module(_FOLLOWING)
            run = following.follow(producer.journal, run.id, shown=options.shows_progress)
            text = _ended(run, operation)
    data = {"id": operation, "name": step.name, "outcome": outcome, "ended": wait}
    write(Document(data, lambda _options: f"{named} {text}"), options)
    return Code.DONE


def _asked(step: Step, outcome: str) -> str:
    """Return what comes of the request, and what becomes of what was made."""
    if outcome != "asked":
        return "is being cancelled already"
    if step.phase == SENT:
        return "is cancelled before it began: it ends when a worker takes it"
    return f"is being cancelled{_made(step)}"


def _made(step: Step) -> str:
    index = catalogue_index.load()
    entries = [index.get(one.name) for one in step.everything()]
    if not any(entry and entry.makes for entry in entries):
        return ""
    is_kept = step.inputs.get("on_failure") == "keep"
    return "; what it made is kept" if is_kept else "; what it made is being undone"


def _ended(run: Run, operation: str) -> str:
    step = run.find(operation) or run
    if step.state == "cancelled":
        return f"is {step.status()}"
    return f"ended before it was cancelled: {step.status()}"


_REFUSED = {"ended": "has ended already", "unknown": "is not known"}
