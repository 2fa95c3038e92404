"""What a find that finds nothing leaves out by default, and the options that find it."""

from cli import quick_finds
from cli.catalogue_index import load
from cli.client import Client
from cli.own_ends import Sent

_SECONDS = 2.0
_INCLUDES = "include_"  # begins a field that finds more kinds of object
_SEARCH = "is_search_expression"
_PAGE = frozenset({"limit", "after", "fields"})
_OPTIONS = {"template": "--include-templates", "snapshot": "--include-snapshots"}


def hint(producer: Client, sent: Sent) -> str:
    """Return what else matches, or how to search; nothing where neither is possible."""
    inputs = {one.field: one.key for one in load().find(sent.name).inputs}
    given = {field: value for field, value in sent.message.document().items() if field not in _PAGE}
    more = {key: True for field, key in inputs.items() if field.startswith(_INCLUDES)}
    if more:
        noun = sent.name.split(".")[-2]
        fields = {**given, **more, "fields": list(quick_finds.SORTS)}
        found = quick_finds.records(producer, noun, fields, seconds=_SECONDS)
        sorts = sorted(quick_finds.sort_of(record, noun) for record in found)
        options = " ".join(_OPTIONS[sort] for sort in dict.fromkeys(sorts) if sort in _OPTIONS)
        if options:
            verb = "matches" if len(sorts) == 1 else "match"
            return f"{quick_finds.counted(sorts)} {verb}; find {_them(sorts)} by {options}"
    name = given.get("name")
    if name and _SEARCH in inputs and not given.get(inputs[_SEARCH]):
        return f"names that contain {name} are found by --{inputs[_SEARCH].replace('_', '-')}"
    return ""


def _them(found: list[str]) -> str:
    return "it" if len(found) == 1 else "them"
