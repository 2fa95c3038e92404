"""Waiting for the end of a message, with a progress bar where a person watches.

A Redis that is away for a while is waited for: the operation itself goes on in the journal.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta

from redis.exceptions import TimeoutError as Overdue
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from cli import output
from cli.client import AWAY, Client, End, is_away
from config import redis_replies
from tasks.engine.journal.record import Phase
from workers.run_record import Run, Step

SLOW = 5.0  # seconds that an operation runs, neither parked nor deferred, before that is odd
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25  # seconds between two reads at the result
WIDE = 100  # columns of a terminal that has room for a bar
_BAR = 24  # columns of the bar
_SHORTEST = 16  # characters of a name that are shown at any width

Show = Callable[[str], None]


def wait(
    end_of: Callable[[str], End | None],
    operation: str,
    *,
    seconds: float,
    bar: AbstractContextManager[Show] | None = None,
) -> End | None:
    """Return how a message ended; None if it has not ended after this many seconds."""
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE
    away = _Away(operation)
    with bar or nullcontext(_show_nothing) as show:
        while time.monotonic() < deadline:
            with away.noticed():
                end = end_of(operation)
                if end:
                    return end
                show(operation)
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
    return None


class _Away:
    """Whether Redis is away, reported once when it goes and once when it is back."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._is_away = False

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Read from Redis in the block; an error of Redis does not leave it."""
        try:
            yield
        except AWAY as error:
            if not is_away(error):
                raise
            state = "does not answer" if isinstance(error, Overdue) else "is away"
            reason = redis_replies.in_words(error)
            self._report(is_away=True, text=f"Redis {state} ({reason}); run {self._operation} is")
        else:
            self._report(is_away=False, text=f"Redis is back; run {self._operation} is still")

    def _report(self, *, is_away: bool, text: str) -> None:
        if is_away != self._is_away:
            output.note(f"xenflow: {text} waited for")
        self._is_away = is_away


def _show_nothing(_operation: str) -> None:
    """Show nothing: nobody watches."""


@contextmanager
def progress_bar(producer: Client, label: str) -> Iterator[Show]:
    """Show how far an operation is, in the block, each time that its id is given."""
    console = output.err()
    with Progress(*columns(console.width), console=console, transient=True) as progress:
        task = progress.add_task("is sent", total=None, label=label.removeprefix("xenserver."))
        yield lambda operation: _show(progress, task, producer.runs.read(operation))


def columns(width: int) -> Iterator[ProgressColumn]:
    """Yield what one line shows: a bar where there is room, and the text."""
    if width >= WIDE:
        yield BarColumn(bar_width=_BAR)
    yield _Line(width - (_BAR + 1 if width >= WIDE else 0), max(width // 3, _SHORTEST))


class _Line(ProgressColumn):
    """How long it takes, its name, and what it does; name and end are cut where they do not fit."""

    def __init__(self, width: int, shortest: int) -> None:
        super().__init__(Column(no_wrap=True, overflow="ellipsis"))
        self._width = width
        self._shortest = shortest  # characters of the name that are shown in any case

    def render(self, task: Task) -> Text:
        """Return the text of one task."""
        elapsed = Text(f"{timedelta(seconds=int(task.elapsed or 0))} ", style="yellow")
        label, does = Text(task.fields["label"]), Text(f" {task.description}", style="dim")
        room = self._width - elapsed.cell_len - does.cell_len
        label.truncate(max(room, self._shortest), overflow="ellipsis")
        return Text.assemble(elapsed, label, does)


def _show(progress: Progress, task: TaskID, run: Run | None) -> None:
    if run is None:
        progress.update(task, description="waits for a free worker")
        return
    fraction = progress_of(run)
    progress.update(
        task,
        description=status_of(run),
        total=None if fraction is None else 1.0,
        completed=fraction or 0.0,
    )


def progress_of(run: Run) -> float | None:
    """Return how far a single operation is; None where nobody knows, as with flows."""
    only = list(run.everything())
    return only[0].progress if len(only) == 1 else None


def status_of(run: Run) -> str:
    """Return what a run is doing: its innermost steps that are open."""
    open_steps = [step for step in run.everything() if step.ended is None and not step.steps]
    if not open_steps:
        return run.status()
    text = _step_status(open_steps[0], alone=run.steps[0] is open_steps[0])
    more = f" (and {len(open_steps) - 1} more)" if len(open_steps) > 1 else ""
    return text + more


def _step_status(step: Step, *, alone: bool) -> str:
    fraction = f", {step.progress:.0%}" if step.progress else ""
    odd = " for long: does its target answer?" if _is_slow(step) else ""
    return f"{'' if alone else step.name + ' '}{step.status()}{fraction}{odd}"


def _is_slow(step: Step) -> bool:
    is_running = step.phase == Phase.RUNNING and step.created is not None
    return is_running and time.time() - (step.created or 0.0) > SLOW
