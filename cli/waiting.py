"""Waiting for the end of a message, with a progress bar where a person looks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli import output
from cli.client import Client, End
from workers.run_record import Run, Step

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25  # seconds between two looks at the result

Show = Callable[[str], None]


def wait(house: Client, sent: str, *, name: str, seconds: float, shown: bool) -> End | None:
    """Return how a message ended; None when it has not after so many seconds."""
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE
    with _bar(house, name) if shown else nullcontext(_nothing) as show:
        while time.monotonic() < deadline:
            end = house.end_of(sent)
            if end:
                return end
            show(sent)
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
    return None


def _nothing(_sent: str) -> None:
    """Show nothing: nobody looks."""


@contextmanager
def _bar(house: Client, name: str) -> Iterator[Show]:
    columns = (
        TextColumn("{task.fields[label]}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.description}", style="dim"),
    )
    with Progress(*columns, console=output.err(), transient=True) as progress:
        task = progress.add_task("is on its way", total=None, label=name)
        yield lambda sent: _show(progress, task, house.runs.read(sent))


def _show(progress: Progress, task: TaskID, run: Run | None) -> None:
    if run is None:
        progress.update(task, description="waits for a free worker")
        return
    figure = progress_of(run)
    progress.update(
        task,
        description=said(run),
        total=None if figure is None else 1.0,
        completed=figure or 0.0,
    )


def progress_of(run: Run) -> float | None:
    """Return how far a single operation is; None where nobody knows, as with flows."""
    only = list(run.everything())
    return only[0].progress if len(only) == 1 else None


def said(run: Run) -> str:
    """Say in words what a run is at: its innermost steps that go on."""
    open_steps = [step for step in run.everything() if step.ended is None and not step.steps]
    if not open_steps:
        return run.words()
    words = _step_said(open_steps[0], alone=run.steps[0] is open_steps[0])
    more = f" (and {len(open_steps) - 1} more)" if len(open_steps) > 1 else ""
    return words + more


def _step_said(step: Step, *, alone: bool) -> str:
    figure = f", {step.progress:.0%}" if step.progress else ""
    return f"{'' if alone else step.name + ' '}{step.words()}{figure}"
