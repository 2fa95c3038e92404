"""Runs of which no worker has begun anything: their messages wait at the broker.

They stand in queues, are put aside until they are due, or unacknowledged. Redis looks through them;
Celery, which knows messages, takes too long to import for a look, and is imported where one waits.
"""

import importlib
from collections.abc import Callable, Sequence

from cli import journal_reader
from config import queues
from tasks.engine.journal import scripts
from tasks.engine.journal.journal import Journal
from workers.run_reader import SHORTEST
from workers.run_record import Run

MOST = 1_000  # messages that are read
MOST_SEARCHED = 100_000  # messages of a list that are searched for an id
PRIORITIES = (0, 3, 6, 9)
"""The steps of priority for which kombu keeps lists."""

_READING = "workers.sent_runs"  # imports Celery


def find(journal: Journal, name: str) -> Run | None:
    """Return the run of an id, or of the beginning of one; None where no message has it."""
    if len(name) < SHORTEST:
        return None
    found = _having(journal, name)
    run = next((one for one in found if one.find(name) or one.id.startswith(name)), None)
    if run is None or run.id == name:
        return run
    return next((one for one in _having(journal, run.id) if one.id == run.id), run)


def latest(
    journal: Journal, most: int, *, matches: Callable[[Run], bool] | None = None
) -> Sequence[Run]:
    """Return the runs that match, the newest first."""
    return list(filter(matches, _read(journal, "", searched=MOST)))[:most]


def _having(journal: Journal, id_: str) -> Sequence[Run]:
    """Return the runs whose messages hold an id that begins so, as far as they do."""
    return _read(journal, f'"{id_}', searched=MOST_SEARCHED)


def _read(journal: Journal, text: str, *, searched: int) -> Sequence[Run]:
    """Return the runs of messages that hold a text, the newest first."""
    lists = [queues.list_name(queue, step) for queue in queues.OPERATIONS for step in PRIORITIES]
    with journal_reader.broker(journal) as place:
        if place is None:
            return []
        redis, prefix = place
        keys = [f"{prefix}unacked", journal.keys.delayed, *(f"{prefix}{name}" for name in lists)]
        items = scripts.Scripts(redis).run("queued", keys, [text, MOST, searched])
    if not items:
        return []
    runs: Sequence[Run] = importlib.import_module(_READING).read(journal, items)
    return runs
