"""What a find that finds nothing may have meant: what it leaves out, near names, a search."""

from collections.abc import Mapping
from typing import Any

from cli import near_names, quick_finds
from cli.catalogue_index import load
from cli.client import Client
from cli.own_ends import Sent

_INCLUDES = {"template": "include_templates", "snapshot": "include_snapshots"}
"""Kind of VM -> field that finds it too."""
_SEARCH = "is_search_expression"
_PAGE = frozenset({"limit", "after", "fields"})
_MOST = 1000  # objects whose names are compared


def hint(producer: Client, sent: Sent, answer: Any) -> str:
    """Return what else matches a find that found nothing, or how to search; else nothing."""
    if not isinstance(answer, Mapping) or answer.get("count") != 0:
        return ""
    entry = load().find(sent.name)
    inputs = {one.field: one.key for one in entry.inputs}
    given = {field: value for field, value in sent.message.document().items() if field not in _PAGE}
    noun = "vm" if entry.is_flow else entry.noun
    return _more(producer, given, inputs) or _search(producer, noun, given, inputs)


def _more(producer: Client, given: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """Return which kinds of VM match that were not asked for."""
    kinds = {sort: key for sort, key in _INCLUDES.items() if key in inputs.values()}
    if not kinds:
        return ""
    fields = {**given, **dict.fromkeys(kinds.values(), True), "fields": list(quick_finds.SORTS)}
    found = quick_finds.records(producer, "vm", fields)
    sorts = sorted(quick_finds.sort_of(record, "vm") for record in found)
    options = " ".join(_option(kinds[sort]) for sort in dict.fromkeys(sorts) if sort in kinds)
    if not options:
        return ""
    verb, them = ("matches", "it") if len(sorts) == 1 else ("match", "them")
    return f"{quick_finds.counted(sorts)} {verb}; find {them} by {options}"


def _search(
    producer: Client, noun: str, given: Mapping[str, Any], inputs: Mapping[str, str]
) -> str:
    """Return names that resemble the one that nothing has, and how to search for a part of it."""
    name = given.get("name")
    if not name or _SEARCH not in inputs or given.get(inputs[_SEARCH]):
        return ""
    near = near_names.of(str(name), _names(producer, noun, given))
    search = f"names that contain {name} are found by {_option(inputs[_SEARCH])}"
    return f"did you mean {' or '.join(near)}? {search[0].upper()}{search[1:]}" if near else search


def _names(producer: Client, noun: str, given: Mapping[str, Any]) -> list[str]:
    """Return the names of objects that are found without the name."""
    fields = {**given, "name": None, "fields": ["name_label"], "limit": _MOST}
    found = quick_finds.records(producer, noun, fields)
    return [record["name_label"] for record in found if record["name_label"]]


def _option(key: str) -> str:
    return "--" + key.replace("_", "-")
