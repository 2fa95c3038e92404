"""Following a run until it ends, with its tree drawn live where a person watches."""

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from rich.live import Live

from cli import output, run_lookup, run_views
from cli.exit_codes import Code, CommandFailed, Failure
from cli.options import OutputOptions
from cli.output import Document, write
from tasks.engine.journal.journal import Journal
from workers.run_record import SENT, Run

INTERVAL = 0.3  # seconds between two reads of a run
QUIET = 1.0  # seconds without an open operation after which a run has ended

_REPORTS = "cli.failure_reports"  # imports Celery: only where a run has failed


def follow(journal: Journal, root: str, *, shown: bool) -> Run:
    """Return a run once nothing of it is open for a moment: a chain's next step begins soon."""
    busy = time.monotonic()
    run: Run | None = None
    is_noted = shown
    with _live() if shown else nullcontext(_show_nothing) as show:
        try:
            while time.monotonic() - busy < QUIET:
                run = run_lookup.find(journal, root)
                show(run)
                is_noted = is_noted or _note_sent(run)
                if run.ended is None:
                    busy = time.monotonic()
                time.sleep(INTERVAL)
        except KeyboardInterrupt:
            next_step = f"xenflow watch {root} · xenflow cancel {root}"
            name = run.name if run else "run"
            text = f"interrupted; {name} {root} continues"
            raise CommandFailed(Code.INTERRUPTED, text, next_step, id=root) from None
    return run_lookup.find(journal, root)


def _note_sent(run: Run) -> bool:
    """Write, where nothing is drawn, that a run has not begun; return whether that is so."""
    if run.state == SENT:
        output.note(f"xenflow: {run.name} {run.id} {run.status()}")
    return run.state == SENT


def report(run: Run, options: OutputOptions) -> int:
    """Print a run that has ended; fail as it failed."""
    failed = next((step for step in run.steps if step.failure), None)
    document = Document(run.document(), lambda o: run_views.tree(run, traces=o.debug))
    if failed is None:
        write(document, options)
        return Code.DONE
    if not options.format.for_programs:
        write(document, options)
    reports: Any = importlib.import_module(_REPORTS)
    failure: Failure = reports.step_failure(failed, run=run.id)
    raise CommandFailed(
        failure.code, failure.message, failure.next_step, id=run.id, document=document.data
    )


@contextmanager
def _live() -> Iterator[Callable[[Run], None]]:
    with Live(console=output.err(), transient=True, auto_refresh=False) as live:
        yield lambda run: live.update(run_views.tree(run), refresh=True)


def _show_nothing(_run: Run) -> None:
    """Show nothing: nobody watches."""
