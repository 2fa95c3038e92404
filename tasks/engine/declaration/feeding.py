"""Feeding: fields of a message that are taken from the answer of the step before."""

from collections.abc import Mapping, Sequence

from pydantic.alias_generators import to_snake

from tasks.engine.declaration import problems
from tasks.engine.declaration.problems import INVALID
from xenserver import errors

WHOLE = "*"  # in `feed`: the previous answer as it is, or each one of a list: `*.uuid`
LONGEST_NAME = 255


def check(fields: Mapping[str, object]) -> None:
    """Refuse a field that is given and fed too: one of the two would be ignored silently."""
    feed = fields.get("feed")
    fed = {snake_case(str(name)) for name in feed} if isinstance(feed, Mapping) else set()
    both = sorted(fed & {snake_case(name) for name, value in fields.items() if value is not None})
    if both:
        raise problems.wrong([f"{name}: is given, and fed too; leave one out" for name in both])


def take(name: str, key: str, previous: object) -> object:
    """Return what a field is fed with; raise Refused where the previous answer has no such key."""
    try:
        return previous if key == WHOLE else _taken(previous, key.split("."))
    except (KeyError, IndexError, TypeError, ValueError):
        raise errors.Refused(
            INVALID,
            [f"{name}: no answer to feed it from"],
            f"{name}: the previous answer has no {key!r} to feed it from; "
            f"it has {_keys(previous, key)} ({INVALID})",
        ) from None


def _taken(value: object, parts: Sequence[str]) -> object:
    """Return what a path leads to; `*` leads to each one of a list."""
    if not parts:
        return value
    first, *others = parts
    if first == WHOLE and isinstance(value, list):
        return [_taken(one, others) for one in value]
    return _taken(_part(value, first), others)


def _part(value: object, part: str) -> object:
    """Return a part of an answer: by its place in a list, by its key in either spelling."""
    if isinstance(value, list):
        return value[int(part)]
    if not isinstance(value, Mapping):
        raise TypeError(f"{type(value).__name__} has no parts")
    return value[part] if part in value else value[snake_case(part)]


def snake_case(name: str) -> str:
    """Return a name in snake_case; a long one, which nothing has, as it is."""
    return to_snake(name) if len(name) <= LONGEST_NAME else name


def _keys(answer: object, key: str) -> str:
    match answer:
        case dict():
            return ", ".join(sorted(map(str, answer))) or "nothing"
        case list():
            return f'a list: "*.{key}" takes it of each, "0.{key}" of the first'
        case None:
            return "nothing"
    return f"a {type(answer).__name__}"
