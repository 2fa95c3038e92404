"""Names of objects, out of the answers of recent finds in the journal."""

import importlib
import json
from collections.abc import Iterator
from typing import Any

LATEST_RUNS = 200  # runs among which finds are looked for
LATEST_FINDS = 5  # finds whose answers are read: one may hold thousands of records

_REPLIES = "config.redis_replies"  # imports redis: only where there is a journal


def records(journal: Any, noun: str) -> Iterator[dict[str, Any]]:
    """Yield the records that the latest finds of a noun brought, the newest first."""
    for operation in _finds(journal, f"xenserver.{noun}.find"):
        answer = journal.redis.hget(journal.keys.entry(operation), "answer")
        yield from (json.loads(answer) if answer else {}).get("records", ())


def _finds(journal: Any, name: str) -> list[str]:
    runs = journal.runs(most=LATEST_RUNS)
    pipe = journal.redis.pipeline(transaction=False)
    for run in runs:
        pipe.hget(journal.keys.entry(run), "name")
    replies: Any = importlib.import_module(_REPLIES)
    named = zip(runs, replies.executed(pipe), strict=True)
    return [run for run, found in named if found == name.encode()][:LATEST_FINDS]
