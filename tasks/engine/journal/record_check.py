"""Records that somebody else may have written: each field has the type that it is declared with.

It stands apart from `record_hash`, which commands import that must start without pydantic.
"""

from collections.abc import Mapping
from dataclasses import asdict

from pydantic import TypeAdapter

from tasks.engine.journal import record_hash
from tasks.engine.journal.record import Record

_CHECKER = TypeAdapter(Record)


def read(fields: Mapping[str, str]) -> Record:
    """Return the record of a hash; raise `ValueError` where it is none."""
    found = record_hash.read(fields)
    if fields:
        _CHECKER.validate_python(asdict(found))
    return found
