"""Writing JSON for readers: what fits on a line stands on one."""

import json
from collections.abc import Iterator
from typing import Any

WIDTH = 140
_INDENT = "  "


def text(document: Any) -> str:
    """Return a JSON document as text that can be read and compared line by line."""
    return "".join(_written(document, 0, room=WIDTH)) + "\n"


def _written(value: Any, depth: int, *, room: int) -> Iterator[str]:
    line = json.dumps(value, ensure_ascii=False)
    if len(line) <= room or not isinstance(value, dict | list) or not value:
        yield line
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield opening
    comma = ""
    for label, part in _parts(value):
        yield f"{comma}\n{_INDENT * (depth + 1)}{label}"
        yield from _written(
            part, depth + 1, room=WIDTH - len(_INDENT) * (depth + 1) - len(label) - 1
        )
        comma = ","
    yield f"\n{_INDENT * depth}{closing}"


def _parts(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from (("", part) for part in value)
    else:
        yield from ((f"{json.dumps(key)}: ", part) for key, part in value.items())
