"""Values as people read them, on one line: lists and maps without the marks of JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from cli import units


def cell(value: Any) -> Text:
    """Return a value as text."""
    return Text(plain(value))


def plain(value: Any) -> str:
    """Return a value: text as it is, nothing as nothing, a list or a map by its parts."""
    match value:
        case None:
            return ""
        case str():
            return value
        case Mapping():
            return ", ".join(f"{key}={_part(key, part)}" for key, part in value.items())
        case list() | tuple():
            return ", ".join(_part("", part) for part in value)
    return json.dumps(value, ensure_ascii=False)


def _part(key: str, value: Any) -> str:
    """Return a part of a list or a map; one that has parts itself is JSON, so that they end."""
    if isinstance(value, Mapping | list | tuple) and value:
        return json.dumps(value, ensure_ascii=False)
    return plain(units.shown(key, value))


def flattened(document: Mapping[str, Any], owner: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield each field as a name with those it is in, its own name, and its value.

    Fields of an object in a field stand on lines of their own: `record.platform.pae`. What repeats
    a field of the whole is left out.
    """
    for name, value in document.items():
        match value:
            case Mapping() if value:
                new = {key: part for key, part in value.items() if not _has(document, key, part)}
                yield from flattened(new, f"{owner}{name}.")
            case [Mapping(), *_]:
                parts = {str(number): part for number, part in enumerate(value)}
                yield from flattened(parts, f"{owner}{name}.")
            case _:
                yield f"{owner}{name}", name, value


def _has(document: Mapping[str, Any], name: str, value: Any) -> bool:
    return name in document and document[name] == value
