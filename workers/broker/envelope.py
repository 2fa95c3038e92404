"""Reading what stands in a queue, which may be anything, within bounds of size and depth.

Anyone who reaches Redis can write there. So text is measured before it is read; whatever is wrong
with it ends in `Unreadable`, never in another error.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from math import isfinite
from typing import Any

from kombu.utils.json import object_hook

from config import masking

DEEPEST = 100  # levels of lists and objects within each other
BODY = ("args", "kwargs", "embed")  # what the items of a body are called

_LONGEST_PATH = 200  # characters
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_WRONG = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)

Json = Any  # a JSON document; what it holds is not known yet


class Unreadable(Exception):
    """It cannot be read; the text says why, and is short."""


def read(text: bytes | str, longest: int, *, typed: bool = False) -> Json:
    """Parse JSON; `typed` turns what kombu writes for UUIDs, moments and the like into these."""
    if len(text) > longest:
        raise Unreadable(f"is longer than {longest} bytes")
    decoded = decode(text) if isinstance(text, bytes) else text
    value = _parsed(decoded, object_hook if typed else None)
    _check_depth(value)
    if _SURROGATE.search(decoded):
        _refuse_where(_is_half, value, "is not JSON: {} holds half a character (a lone surrogate)")
    return value


def decode(data: bytes) -> str:
    """Return the text of bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8: byte {error.start + 1} fits no character") from None


def _parsed(text: str, hook: Callable[[dict[str, Json]], Json] | None) -> Json:
    odd: list[float] = []

    def number(written: str) -> float:
        """Note a number that Python would write as a word, which JSON has not."""
        value = float(written)
        if not isfinite(value):
            odd.append(value)
        return value

    try:
        value = json.loads(text, object_hook=hook, parse_constant=number, parse_float=number)
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {_place(text, error.pos)}") from None
    except _WRONG:
        raise Unreadable(_NO_VALUE) from None
    if odd:
        _refuse_where(_is_no_number, value, "is not JSON: {} is no number that JSON has")
    return value


def _place(text: str, position: int) -> str:
    if not text.strip():
        return "it is empty"
    if position >= len(text):
        return "it ends too early"
    return f"it is wrong from character {position + 1} on"


def _check_depth(value: Json) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _within(outer)]
        if not level:
            return
    raise Unreadable(_TOO_DEEP)


def _within(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_where(is_wrong: Callable[[Json], bool], value: Json, text: str) -> None:
    """Raise Unreadable where a part of a document is wrong; the text names its path."""
    if is_wrong(value):
        raise Unreadable(text.format("it"))
    path = _path_to(is_wrong, value)
    if path:
        named = json.dumps(".".join(map(str, path)))[1:-1]
        raise Unreadable(text.format(masking.cut(named, _LONGEST_PATH)))


def _path_to(is_wrong: Callable[[Json], bool], value: Json) -> list[int | str]:
    """Return the names that lead to the first part that is wrong, or has a wrong name."""
    path: list[int | str] = []
    levels = [_named(value, BODY)]
    while levels:
        for name, inner in levels[-1]:
            if is_wrong(inner) or is_wrong(name):
                return [*path, name]
            if isinstance(inner, dict | list):
                path.append(name)
                levels.append(_named(inner))
                break
        else:
            levels.pop()
            del path[-1:]
    return []


def _named(value: Json, names: Sequence[str] = ()) -> Iterator[tuple[int | str, Json]]:
    """Return what a value holds; items of a list have these names, then their places."""
    if isinstance(value, dict):
        return iter(value.items())
    if not isinstance(value, list):
        return iter(())
    places = range(len(names), len(value))
    return iter(zip(chain(names, places), value, strict=False))


def written(value: Json) -> str:
    """Return a value as JSON, in ASCII, to be shown."""
    return json.dumps(value, default=str)


def _is_half(value: Json) -> bool:
    return isinstance(value, str) and bool(_HALF.search(value))


def _is_no_number(value: Json) -> bool:
    return isinstance(value, float) and not isfinite(value)


_NO_VALUE = "is not JSON: a number has too many digits, or a value is not of its __type__"
_TOO_DEEP = f"is nested deeper than {DEEPEST} levels"
