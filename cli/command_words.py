"""A message as the command that sends it."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from cli.catalogue_index import Entry
from cli.inputs import Input, Kind
from config import masking

_UNSAID = frozenset({"feed"})  # no option gives it


def command(entry: Entry, fields: Mapping[str, Any]) -> str:
    """Return the command that sends a message, without its secrets."""
    words = ["xenflow", entry.noun, entry.verb, *_words(entry, fields)]
    return shlex.join(words)


def _words(entry: Entry, fields: Mapping[str, Any]) -> Iterator[str]:
    given = [(one, fields[one.key]) for one in entry.inputs if one.key in fields]
    said = [(one, value) for one, value in given if not _is_unsaid(one) and value is not None]
    for one, value in said:
        if one == entry.positional:
            yield str(value)
    for one, value in said:
        if one != entry.positional:
            yield from _option(one, value)


def _is_unsaid(one: Input) -> bool:
    return one.key in _UNSAID or masking.is_secret(one.key)


def _option(one: Input, value: Any) -> Iterator[str]:
    match value:
        case bool():
            yield one.option if value else f"--no-{one.option[2:]}"
        case list() | tuple() if one.kind is Kind.LIST:
            for each in value:
                yield from (one.option, str(each))
        case dict() if one.kind is Kind.MAP:
            for key, each in value.items():
                yield from (one.option, f"{key}={each}")
        case list() | tuple() | dict():
            yield from (one.option, json.dumps(value, ensure_ascii=False))
        case _:
            yield from (one.option, _plain(one, value))


def _plain(one: Input, value: Any) -> str:
    """Return a value as text; a duration with its unit."""
    return f"{value:g}s" if one.shape == "DURATION" and isinstance(value, float) else str(value)
