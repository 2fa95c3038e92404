"""Names of objects, to be shown in place of their UUIDs.

Those that the message gave are known. Others come from recent finds; what these do not know is
found now.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cli import answers, parsing, quick_finds, recent_finds
from cli.catalogue_index import load
from cli.client import Client
from cli.options import OutputOptions
from cli.own_ends import Sent
from cli.tables import Translate
from tasks.engine.declaration.message import Message

_NOUNS = {
    "affinity": "host",
    "host": "host",
    "resident_on": "host",
    "network": "network",
    "SR": "sr",
    "sr": "sr",
    "suspend_SR": "sr",
    "VM": "vm",  # in records of drives and interfaces; an answer about one VM has `vm`
    "VDI": "vdi",
}
"""Field -> noun of the object that it refers to."""
_FURTHER = {"vm": quick_finds.ALL_SORTS}
"""Noun -> what a find of all such objects needs: templates and snapshots have drives too."""


def translation(producer: Client, answer: Any, sent: Sent, options: OutputOptions) -> Translate:
    """Return what shows the fields of an answer: objects by name, where it is known."""
    if options.format.for_programs or not isinstance(answer, Mapping):
        return lambda _field, value: value
    whole = {**answer, **unanswered(answer, sent)}
    known = _names(producer, [whole, *(answers.records_of(answer) or [])], sent.message)
    given = _given(answer, sent)
    named = {**given, **known}

    def translate(field: str, value: Any) -> Any:
        if isinstance(value, list):
            return [translate(field, one) for one in value]
        names = named if field in _NOUNS else given
        return names.get(value, value) if isinstance(value, str) else value

    return translate


def unanswered(answer: Any, sent: Sent) -> dict[str, Any]:
    """Return the objects that a message named and its answer does not."""
    if not isinstance(answer, Mapping) or "records" in answer:
        return {}
    itself = (answer.get("uuid"), answer.get("name_label"))
    words = [word for word in str(answer["return_result"]).split() if not parsing.is_uuid(word)]
    named = {field: value for field, value in _objects(sent) if field not in answer}
    return {field: value for field, value in named.items() if value not in (*itself, *words)}


def _given(answer: Mapping[str, Any], sent: Sent) -> dict[str, str]:
    """Return the names that the message gave, by the UUIDs that the answer has in their places."""
    known: dict[str, str] = {}
    for field, value in _objects(sent):
        names, uuids = list(dict.fromkeys(_listed(value))), _listed(answer.get(field))
        if len(names) == len(uuids):  # else some of them mean the same object
            known |= {uuid: name for uuid, name in zip(uuids, names, strict=True) if uuid}
    return known


def _objects(sent: Sent) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a message that name objects, with what was given."""
    for one in load().find(sent.name).inputs:
        value = getattr(sent.message, one.field) if one.names else None
        if value:
            yield one.key, value


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _names(producer: Client, records: Iterable[Mapping[str, Any]], sent: Message) -> dict[str, str]:
    known: dict[str, str] = {}
    for noun, wanted in _wanted(records).items():
        known |= _named(recent_finds.records(producer.journal, noun))
        if not wanted <= known.keys():
            fields = {**sent.connection(), **_FURTHER.get(noun, {}), "fields": ["name_label"]}
            known |= _named(quick_finds.records(producer, noun, fields, listed=True))
    return known


def _wanted(records: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the UUIDs that stand alone, by the noun of what they refer to."""
    wanted: dict[str, set[str]] = {}
    for record in records:
        for field, noun in _NOUNS.items():
            is_alone = f"{field}_name_label" not in record
            if is_alone and parsing.is_uuid(str(record.get(field))):
                wanted.setdefault(noun, set()).add(record[field])
    return wanted


def _named(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {
        record["uuid"]: record["name_label"]
        for record in reversed(list(records))
        if record.get("name_label") and "uuid" in record
    }
