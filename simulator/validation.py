"""Errors of pydantic in words that name the place: `hosts[2].memory: ...`."""

from collections.abc import Iterable

from pydantic import ValidationError


def words(error: ValidationError, place: str = "") -> str:
    """Return one line for each problem, the first ones only where there are many."""
    found = error.errors(include_url=False, include_context=False)
    lines = [
        f"{_place(place, each['loc'])}{_message(each['type'], each['msg'])}"
        for each in found[:_SHOWN]
    ]
    more = len(found) - len(lines)
    return "\n".join([*lines, *([f"and {more} more"] if more else [])])


def _message(kind: str, text: str) -> str:
    if kind.startswith("missing"):
        return "is missing"
    if kind in _UNKNOWN:
        return "there is no such parameter"
    own = text.removeprefix("Value error, ").replace("Input should ", "must ", 1)
    return own[:1].lower() + own[1:]


def _place(place: str, path: Iterable[int | str]) -> str:
    for step in path:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else step
    return f"{place}: " if place else ""


_UNKNOWN = frozenset({"unexpected_keyword_argument", "extra_forbidden"})
_SHOWN = 10
