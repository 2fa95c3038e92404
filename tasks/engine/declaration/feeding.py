"""Feeding: fields of a message that are taken from the answer of the step before."""

import re
from collections.abc import Iterable, Mapping, Sequence

from pydantic.alias_generators import to_snake

from config import masking
from tasks.engine.declaration import problems

WHOLE = "*"  # in `feed`: the previous answer as it is, or each one of a list: `*.uuid`
LONGEST_NAME = 255

_PLACE = re.compile("-?[0-9]{1,9}")
_MOST_KEYS = 20  # of an object that are named
_LONGEST = 300  # characters that name them
_MISSING = object()  # what an object has where it has no such key


class _Absent(Exception):
    """A path leads nowhere; the text says where it stops, and what is there."""


def check(fields: Mapping[str, object]) -> None:
    """Refuse a field that is given and fed too: one of the two would be ignored silently."""
    feed = fields.get("feed")
    fed = {snake_case(str(name)) for name in feed} if isinstance(feed, Mapping) else set()
    both = sorted(fed & {snake_case(name) for name, value in fields.items() if value is not None})
    if both:
        raise problems.wrong([f"{name}: is given, and fed too; leave one out" for name in both])


def take(name: str, key: str, previous: object) -> object:
    """Return what a field is fed with; raise Refused where the previous answer has no such key.

    It has null for what does not apply, such as the host of a halted VM. A field that is fed null
    would count as left out, and a search without a criterion finds everything.
    """
    parts = () if key == WHOLE and previous is not None else tuple(key.split("."))
    try:
        found = _taken(previous, parts, ())
    except _Absent as absent:
        problem = f"{name}: the previous answer has no {key!r} to feed it from; {absent}"
    else:
        if found is not None:
            return found
        problem = f"{name}: the previous answer has null at {key!r}, and nothing can be fed from it"
    raise problems.wrong([problem])


def with_sources(
    found: Iterable[str], feed: Mapping[object, object], fed: Mapping[str, object]
) -> list[str]:
    """Return the problems of a message; of fields that are fed, each with what it is fed from."""
    keys = {snake_case(str(name)): str(key) for name, key in feed.items()}
    kinds = {snake_case(name): _kind(fed.get(name)) for name in map(str, feed)}
    return [_with_source(problem, keys, kinds) for problem in found]


def _with_source(problem: str, keys: Mapping[str, str], kinds: Mapping[str, str]) -> str:
    name = snake_case(re.split("[.:]", problem, maxsplit=1)[0])
    return f"{problem}; it is fed from {keys[name]!r}, {kinds[name]}" if name in keys else problem


def _taken(value: object, parts: Sequence[str], path: tuple[str, ...]) -> object:
    """Return what the parts of a path lead to; `*` leads to each one of a list."""
    if not parts:
        return value
    first, *others = parts
    if first == WHOLE and isinstance(value, list):
        return [_taken(one, others, (*path, str(n))) for n, one in enumerate(value)]
    return _taken(_part(value, parts, path), others, (*path, first))


def _part(value: object, parts: Sequence[str], path: tuple[str, ...]) -> object:
    """Return a part of an answer: by its place in a list, by its key in either spelling."""
    first = parts[0]
    if isinstance(value, Mapping):
        found = value.get(first, value.get(snake_case(first), _MISSING))
        if found is not _MISSING:
            return found
    elif isinstance(value, list) and _PLACE.fullmatch(first):
        place = int(first)
        if -len(value) <= place < len(value):
            return value[place]
    raise _Absent(f"{'.'.join(path) or 'it'} {_what(value, parts, path)}")


def snake_case(name: str) -> str:
    """Return a name in snake_case; a long one, which nothing has, as it is."""
    return to_snake(name) if len(name) <= LONGEST_NAME else name


def _what(value: object, parts: Sequence[str], path: tuple[str, ...]) -> str:
    """Return what stands where a path stops: the keys that there are, or how a list is read."""
    match value:
        case Mapping():
            is_list = "is no list, it " if parts[0] == WHOLE else ""
            return f"{is_list}has {_keys(value)}{_brackets(parts[0])}"
        case list():
            return f"is {_listed(value, parts, path)}"
        case None if not path:
            return "is null: no step was before, or it answered nothing"
    return f"is {_kind(value)}"


def _keys(value: Mapping[object, object]) -> str:
    names = sorted(map(str, value))
    more = f" and {len(names) - _MOST_KEYS} more" if len(names) > _MOST_KEYS else ""
    return masking.cut(", ".join(names[:_MOST_KEYS]), _LONGEST) + more if names else "nothing"


def _brackets(part: str) -> str:
    """Return how a place in a list is written, to who wrote it as a program does."""
    return "; a place in a list is written records.0" if "[" in part else ""


def _listed(items: list[object], parts: Sequence[str], path: tuple[str, ...]) -> str:
    """Return how the items of a list are named."""
    first = items[0] if items else None
    if _PLACE.fullmatch(parts[0]) or not isinstance(first, Mapping):
        return f"{_kind(items)}, with the places 0 to {len(items) - 1}" if items else _kind(items)
    if parts[0] in first:
        before, rest = "".join(f"{part}." for part in path), ".".join(parts)
        return f'a list: "{before}*.{rest}" takes it of each, "{before}0.{rest}" of the first'
    return f"{_kind(items)}, each of which has {_keys(first)}"


def _kind(value: object) -> str:
    """Return what JSON calls a value."""
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    return next((text for kind, text in _KINDS if isinstance(value, kind)), type(value).__name__)


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (Mapping, "an object"),
    (type(None), "null"),
)
