"""Reading what was written on the command line as the values of a message.

Only structures and choices are read here; numbers, sizes and durations stay text, for the message's
own check reads them.
"""

import importlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.exit_codes import Code, CommandFailed
from cli.inputs import Input, Kind

_BEGINNINGS = {Kind.LIST: "[", Kind.MAP: "{"}
_FORMS = "write it so, or as JSON, or name a file of JSON: @FILE"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_uuid(text: str) -> bool:
    """Whether a text has the form of a UUID."""
    return _UUID.fullmatch(text) is not None


def options(inputs: Iterable[Input], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options of a command; what was not given is left out."""
    given = ((one, arguments.get(one.field)) for one in inputs)
    return {one.key: value(one, text) for one, text in given if text not in (None, [], ())}


def pairs(inputs: Sequence[Input], words: Iterable[str]) -> dict[str, Any]:
    """Read `key=value` words; a key that comes again makes a list."""
    found: dict[str, list[str]] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise CommandFailed(
                Code.USAGE, f"{word!r} is not key=value", "put a = between key and value"
            )
        found.setdefault(key.removeprefix("--").replace("-", "_"), []).append(text)
    return dict(_pair(inputs, key, texts) for key, texts in found.items())


def _pair(inputs: Sequence[Input], key: str, texts: list[str]) -> tuple[str, Any]:
    one = next((one for one in inputs if key in one.spellings), None)
    if one is None:
        return key, texts[-1]  # the message's own check lists the fields
    if one.kind in {Kind.LIST, Kind.MAP}:
        return one.key, value(one, texts)
    if len(texts) > 1:
        raise CommandFailed(Code.USAGE, f"{key} is given {len(texts)} times; it takes one value")
    return one.key, value(one, texts[-1])


def value(one: Input, text: Any) -> Any:
    """Read what was written for one input."""
    if one.kind is Kind.STRUCTURE:
        return _json(one, text)
    begins = _BEGINNINGS.get(one.kind)
    if begins and len(text) == 1 and text[0].lstrip().startswith((begins, "@")):
        return _json(one, text[0])
    if one.kind is Kind.MAP:
        return dict(_key_and_value(one, pair) for pair in text)
    if one.kind is Kind.LIST:
        return [_choice(one, each) for each in text]
    return _choice(one, text)


def _choice(one: Input, text: Any) -> Any:
    """Return a choice as XenServer spells it, whatever its case; refuse what is none of them."""
    if not one.choices or not isinstance(text, str):
        return text
    known = {each.lower(): each for each in one.choices}
    if text.lower() in known:
        return known[text.lower()]
    difflib: Any = importlib.import_module("difflib")
    near = difflib.get_close_matches(text.lower(), known, n=1)
    hint = f"did you mean {known[near[0]]}? It is" if near else "it is"
    choices = ", ".join(one.choices)
    raise CommandFailed(Code.USAGE, f"{one.key}: there is no {text!r}; {hint} one of {choices}")


def _key_and_value(one: Input, pair: str) -> tuple[str, str]:
    key, equals, text = pair.partition("=")
    if not equals:
        raise CommandFailed(Code.USAGE, f"{one.key}: {pair!r} is not KEY=VALUE", _FORMS)
    return key, text


def _json(one: Input, text: str) -> Any:
    """Read JSON, inline or from the file behind an @."""
    source = text
    try:
        if text.startswith("@"):
            source = Path(text[1:]).read_text(encoding="utf-8")
        return json.loads(source)
    except OSError as error:
        message = f"{one.key}: cannot read {text[1:]}: {error.strerror}"
        raise CommandFailed(Code.USAGE, message, _FORMS) from None
    except ValueError as error:
        raise CommandFailed(Code.USAGE, f"{one.key}: this is not JSON: {error}", _FORMS) from None
    except RecursionError:
        raise CommandFailed(Code.USAGE, f"{one.key}: this JSON is nested too deep") from None
