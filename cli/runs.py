"""Runs on the terminal: listed, shown as a tree, followed, called off."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer
from rich.live import Live
from typer.core import TyperCommand

from cli import client, exit_codes, output, run_views, single_command
from cli.client import Client
from cli.exit_codes import Code, Ending, Stop
from cli.options import Debug, Json
from tasks.engine.execution import failures
from workers.run_reader import NoSuchRun
from workers.run_record import Run

LOOK = 0.3  # seconds between two looks at a run
QUIET = 1.0  # seconds without an open operation after which a run has ended

Id = Annotated[
    str,
    typer.Argument(metavar="ID", help="of the run or of one of its operations, or how it begins"),
]


def command(name: str) -> TyperCommand:
    """Return one of the commands on runs."""
    return single_command.command(name, _COMMANDS[name])


def runs(
    most: Annotated[int, typer.Option("--most", "-n", min=1, help="how many")] = 20,
    *,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - read by entry.py
) -> int:
    """List the latest runs, newest first."""
    with client.connected() as house:
        latest = house.runs.latest(most)
    if json:
        output.document({"runs": [run.document() for run in latest]})
    elif latest:
        output.out().print(run_views.listed(latest))
    else:
        output.line("no run yet")
    return Code.DONE


def show(
    id: Id,  # noqa: A002 - what it is called on the terminal
    *,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Show a run: its operations as a tree, with times, answers and errors."""
    with client.connected() as house:
        run = _found(house, id)
    if json:
        output.document(run.document())
    else:
        output.out().print(run_views.tree(run, traces=debug))
    return Code.DONE


def watch(
    id: Id,  # noqa: A002 - what it is called on the terminal
    *,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Follow a run until it ends, and end as it did."""
    with client.connected() as house:
        run = _followed(house, _found(house, id).id, shown=output.on_terminal() and not json)
    if json:
        output.document(run.document())
    else:
        output.out().print(run_views.tree(run, traces=debug))
    return _ended_as(run)


def cancel(
    id: Id,  # noqa: A002 - what it is called on the terminal
    *,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - read by entry.py
) -> int:
    """Call an operation or flow off: XenServer's task is cancelled, what was made is undone."""
    with client.connected() as house:
        operation = id if house.journal.read(id) else _found(house, id).id
        word = house.call_off(operation)
    if json:
        output.document({"id": operation, "word": word})
    else:
        output.line(f"{operation} {_CALLED_OFF[word]}")
    return Code.DONE if word.startswith("asked") else Code.FAILED


def _found(house: Client, name: str) -> Run:
    try:
        return house.runs.of(name)
    except NoSuchRun as unknown:
        raise Stop(Code.FAILED, str(unknown), "xenflow runs") from None


def _followed(house: Client, root: str, *, shown: bool) -> Run:
    """Look at a run until nothing of it is open for a moment: a chain's next step begins soon."""
    busy = time.monotonic()
    with _picture() if shown else nullcontext(_nothing) as show_now:
        while time.monotonic() - busy < QUIET:
            run = _found(house, root)
            show_now(run)
            if run.ended is None:
                busy = time.monotonic()
            time.sleep(LOOK)
    return _found(house, root)


@contextmanager
def _picture() -> Iterator[Callable[[Run], None]]:
    with Live(console=output.err(), transient=True, auto_refresh=False) as live:
        yield lambda run: live.update(run_views.tree(run), refresh=True)


def _nothing(_run: Run) -> None:
    """Show nothing: nobody looks."""


def _ended_as(run: Run) -> int:
    fell = next((step for step in run.steps if step.fault), None)
    if fell is None or fell.fault is None:
        return Code.DONE
    error = failures.error(dict(fell.fault))
    ending: Ending = exit_codes.told_by_worker(error, name=fell.name, operation=run.id)
    raise Stop(ending.code, ending.words, ending.next)


_CALLED_OFF = {
    "asked": "is called off; what it made is being undone",
    "asked before": "was called off before",
    "ended": "has ended already",
    "unknown": "is not known",
}
_COMMANDS: dict[str, Callable[..., int]] = {
    "runs": runs,
    "show": show,
    "watch": watch,
    "cancel": cancel,
}
