"""Names of hosts, networks and storage repositories, to be shown in place of their UUIDs.

They come from recent finds; what these do not know is found now.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cli import answers, operations, recent_finds, waiting
from cli.catalogue_index import load
from cli.client import Client
from cli.options import OutputOptions
from cli.tables import Translate
from tasks.engine.declaration.message import Message

_TIMEOUT = 5.0  # seconds; without an answer UUIDs are shown
_NOUNS = {
    "affinity": "host",
    "host": "host",
    "resident_on": "host",
    "network": "network",
    "SR": "sr",
    "suspend_SR": "sr",
}
"""Field -> noun of the object that it refers to. Of these a pool has few."""


def translation(producer: Client, answer: Any, sent: Message, options: OutputOptions) -> Translate:
    """Return what shows the fields of an answer's records: objects by name, where it is known."""
    records = [] if options.format.for_programs else answers.records_of(answer) or []
    known = _names(producer, records, sent)

    def translate(field: str, value: Any) -> Any:
        return known.get(value, value) if field in _NOUNS and isinstance(value, str) else value

    return translate


def _names(producer: Client, records: Iterable[Mapping[str, Any]], sent: Message) -> dict[str, str]:
    known: dict[str, str] = {}
    for noun, wanted in _wanted(records).items():
        known |= _named(recent_finds.records(producer.journal, noun))
        if not wanted <= known.keys():
            known |= _named(_find(producer, noun, sent))
    return known


def _wanted(records: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for record in records:
        for field, noun in _NOUNS.items():
            if isinstance(record.get(field), str):
                wanted.setdefault(noun, set()).add(record[field])
    return wanted


def _named(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {
        record["uuid"]: record["name_label"]
        for record in reversed(list(records))
        if record.get("name_label") and "uuid" in record
    }


def _find(producer: Client, noun: str, sent: Message) -> Iterator[dict[str, Any]]:
    operation = operations.load(load().find(f"xenserver.{noun}.find"))
    fields = {**sent.connection(), "fields": ["name_label"]}
    operation_id = str(uuid.uuid4())
    producer.send(operation, fields, operation_id)
    end = waiting.wait(producer.end_of, operation_id, seconds=_TIMEOUT)
    yield from end.answer["records"] if end and end.error is None else ()
