"""What a shell completes: operations, runs, targets, and names of objects of recent finds.

Names of objects and runs come out of the journal, by `redis` alone; what cannot be read is not
completed, for a shell that completes nothing is better than one that complains.
"""

import importlib
from collections.abc import Callable
from typing import Any

from cli import catalogue_index, recent_finds
from config import startup

LATEST = 200  # runs whose ids are completed

_JOURNAL = "cli.journal_reader"  # imports redis

Complete = Callable[[str], list[str]]


def operations(incomplete: str) -> list[str]:
    """Return the names of operations, with and without `xenserver.`."""
    names = [entry.name for entry in catalogue_index.load().listed()]
    short = [name.removeprefix("xenserver.") for name in names]
    wanted = names if incomplete.startswith("x") else short
    return [name for name in wanted if name.startswith(incomplete)]


def targets(incomplete: str) -> list[str]:
    """Return the names of connection profiles."""
    tomllib = importlib.import_module("tomllib")
    try:
        path = startup.targets()
        tables = tomllib.loads(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return []
    return [name for name in tables if name.startswith(incomplete)]


def runs(incomplete: str) -> list[str]:
    """Return the ids of the latest runs."""
    try:
        with _journal() as journal:
            return [run for run in journal.runs(most=LATEST) if run.startswith(incomplete)]
    except Exception:  # noqa: BLE001 - see above
        return []


def names_of(cls: str) -> Complete:
    """Return what completes the name of an object of a class."""

    def complete(incomplete: str) -> list[str]:
        try:
            with _journal() as journal:
                found = list(recent_finds.records(journal, cls.lower()))
        except Exception:  # noqa: BLE001 - see above
            return []
        known = {str(record.get("name_label", "")) for record in found}
        return sorted(name for name in known if name.startswith(incomplete) and name)

    return complete


def _journal() -> Any:
    return importlib.import_module(_JOURNAL).opened()
