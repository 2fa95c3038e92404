"""Finds that a command makes of its own accord, for what it shows beside an answer.

They are short: where none answers soon, the command does without.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from cli import operations, waiting
from cli.catalogue_index import load
from cli.client import Client
from cli.exit_codes import CommandFailed

SECONDS = 5.0  # after which a command does without an answer
ALL_SORTS = {"include_templates": True, "include_snapshots": True}
"""Fields of a find of VMs that finds templates and snapshots too."""
SORTS = ("is_a_template", "is_a_snapshot")
"""Fields by which `counted` tells VMs, templates and snapshots apart."""


def records(
    producer: Client, noun: str, fields: Mapping[str, Any], *, listed: bool = False
) -> list[dict[str, Any]]:
    """Return the records of a find; none where it fails, or does not end in time.

    It is not in the list of runs, unless its answer is to serve as that of a recent find.
    """
    operation = operations.load(load().find(f"xenserver.{noun}.find"))
    operation_id = str(uuid.uuid4())
    try:
        producer.send(operation, {**fields, "timeout": SECONDS}, operation_id)
    except CommandFailed:
        return []  # Redis is away: what the command itself does reports it
    end = waiting.wait(producer.end_of, operation_id, seconds=SECONDS)
    if end is None:
        return []
    if not listed:
        producer.unlist(operation_id)
    return [] if end.error else list(end.answer["records"])


def sort_of(record: Mapping[str, Any], noun: str) -> str:
    """Return what a record is: a VM, a template or a snapshot, or an object of another class."""
    if record.get("is_a_snapshot"):
        return "snapshot"
    if record.get("is_a_template"):
        return "template"
    return noun if noun in {"network", "host", "task"} else noun.upper()


def counted(sorts: Iterable[str]) -> str:
    """Return how many there are of each: `1 template and 2 snapshots`."""
    return " and ".join(f"{n} {sort}{'s' * (n > 1)}" for sort, n in Counter(sorts).items())
