"""Tasks that are no operations: what their sender may have meant."""

from collections.abc import Collection
from difflib import get_close_matches

from tasks.engine.declaration import catalogue
from workers.broker.shapes import ACCUMULATE, CANVASES

PREFIXES = ("xenserver.", "flow.", "xenflow.")

_CUTOFF = 0.8  # of names that resemble each other
_MOST = 3  # names that are listed
_SOURCES = (
    "operations of your own come from XENFLOW_OPERATIONS_PATH or an installed package, and are "
    "known once the worker is restarted"
)


def problem(task: str, operations: Collection[str], queue: str) -> str:
    """Return what is wrong with a message whose task is unknown, and what helps."""
    if task in CANVASES or task == ACCUMULATE:
        return f"task: {task} is not an operation; send the steps of the canvas instead"
    near = _near(task, operations)
    if near:
        hint = f"did you mean {' or '.join(near)}? "
        return f"task: this worker has no operation {task}; {hint}{_SOURCES}"
    if task.startswith(PREFIXES):
        return f"task: this worker has no operation {task}; {_SOURCES}"
    return (
        f"task: this worker has no operation {task}, which looks like a task of another service: "
        f"give that service a queue of its own, not {queue}, from which xenflow takes messages; "
        f"or, if it is meant to be one of xenflow: {_SOURCES}"
    )


def _near(task: str, operations: Collection[str]) -> list[str]:
    """Return names that resemble a name; it may lack the beginning, as commands and modules do."""
    operations = [name for name in operations if not _is_internal(name)]
    whole = [name for name in sorted(operations) if name.endswith(f".{task}")]
    if whole:
        return whole[:_MOST]
    short = {name.partition(".")[2]: name for name in operations}
    alike = get_close_matches(task, operations, n=1, cutoff=_CUTOFF)
    return alike or [short[name] for name in get_close_matches(task, short, n=1, cutoff=_CUTOFF)]


def _is_internal(name: str) -> bool:
    """Return whether nobody sends an operation by hand: it is a step of our own flows."""
    known = catalogue.find(name)
    return known is not None and known.is_internal
