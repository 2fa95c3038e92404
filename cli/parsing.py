"""Reading what was written on the command line as the values of a message.

Only structures are read here; numbers, sizes and durations go on as text, for the message's own
check reads them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.exit_codes import Code, Stop
from cli.inputs import Input, Kind

_FILES = "write it so, or as JSON, or name a file of JSON: @FILE"


def options(inputs: Iterable[Input], said: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options of a command; what was not said is left out."""
    given = ((one, said.get(one.field)) for one in inputs)
    return {one.key: value(one, text) for one, text in given if text not in (None, [], ())}


def pairs(inputs: Sequence[Input], words: Iterable[str]) -> dict[str, Any]:
    """Read `key=value` words; a key that comes again makes a list."""
    found: dict[str, list[str]] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise Stop(Code.USAGE, f"{word!r} is not key=value", "put a = between key and value")
        found.setdefault(key.removeprefix("--").replace("-", "_"), []).append(text)
    return dict(_pair(inputs, key, texts) for key, texts in found.items())


def _pair(inputs: Sequence[Input], key: str, texts: list[str]) -> tuple[str, Any]:
    one = next((one for one in inputs if key in one.spellings), None)
    if one is None:
        return key, texts[-1]  # the message's own check says what it takes
    if one.kind in {Kind.LIST, Kind.MAP}:
        return one.key, value(one, texts)
    return one.key, value(one, texts[-1])


def value(one: Input, text: Any) -> Any:
    """Read what was written for one input."""
    match one.kind:
        case Kind.STRUCTURE:
            return _json(one, text)
        case Kind.LIST if _is_json(text, "["):
            return _json(one, text[0])
        case Kind.MAP if _is_json(text, "{"):
            return _json(one, text[0])
        case Kind.MAP:
            return dict(_key_and_value(one, pair) for pair in text)
    return text


def _is_json(texts: Sequence[str], begins: str) -> bool:
    return len(texts) == 1 and texts[0].lstrip().startswith((begins, "@"))


def _key_and_value(one: Input, pair: str) -> tuple[str, str]:
    key, equals, text = pair.partition("=")
    if not equals:
        raise Stop(Code.USAGE, f"{one.option}: {pair!r} is not KEY=VALUE", _FILES)
    return key, text


def _json(one: Input, text: str) -> Any:
    """Read JSON, inline or from the file behind an @."""
    source = text
    try:
        if text.startswith("@"):
            source = Path(text[1:]).read_text(encoding="utf-8")
        return json.loads(source)
    except OSError as error:
        words = f"{one.option}: cannot read {text[1:]}: {error.strerror}"
        raise Stop(Code.USAGE, words, _FILES) from None
    except ValueError as error:
        raise Stop(Code.USAGE, f"{one.option}: this is no JSON: {error}", _FILES) from None
