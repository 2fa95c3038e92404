"""Building the index of the catalogue: imports every operation."""

import inspect
import sys
from collections.abc import Iterable
from pathlib import Path

import canvases
import tasks
from cli import message_inputs
from cli.catalogue_index import Entry
from config import settings
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation
from workers import loader

_INTERNAL = "xenflow."  # steps of our own flows: nobody sends them by hand


def build() -> tuple[tuple[Entry, ...], list[str]]:
    """Return the entries of all operations, and the files elsewhere that they depend on."""
    known = operations()
    return tuple(map(_entry, known)), sorted(_files_elsewhere(known))


def operations() -> list[Operation]:
    """Return all operations and flows that people send, by name."""
    loader.load(settings.load())
    return [one for one in catalogue.everything() if not one.name.startswith(_INTERNAL)]


def _entry(operation: Operation) -> Entry:
    return Entry(
        name=operation.name,
        module=operation.body.__module__,
        queue=operation.queue,
        is_internal=operation.is_internal,
        is_flow=operation.is_flow,
        summary=operation.summary,
        documentation=inspect.getdoc(operation.body) or operation.name,
        inputs=message_inputs.of(operation.model),
        makes=operation.undo is not None,
    )


def _files_elsewhere(operations: Iterable[Operation]) -> set[str]:
    """Return the files of the packages that brought operations of their own."""
    ours = (tasks.__name__, canvases.__name__, loader.OWN)
    packages = {operation.body.__module__.partition(".")[0] for operation in operations}
    files = [getattr(sys.modules[name], "__file__", None) for name in packages.difference(ours)]
    return {str(path) for file in files if file for path in Path(file).parent.rglob("*.py")}
