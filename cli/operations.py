"""Loading the operation of an entry: only the modules that it needs are imported."""

import importlib

from cli.catalogue_index import Entry
from config import settings
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation
from workers import loader

_OURS = ("tasks.", "canvases.")


def load(entry: Entry) -> Operation:
    """Return the operation of an entry."""
    if entry.module.startswith(_OURS):
        importlib.import_module(entry.module)
    else:
        loader.load(settings.load())
    found = catalogue.find(entry.name)
    assert found is not None  # noqa: S101 - the index is of the same files
    return found
