"""Where in a message a problem is: the path of a field, and the structure that it belongs to."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeGuard, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config import validation_messages

Describe = Callable[[type[BaseModel], ErrorDetails], str]


def _as_table(_owner: type[BaseModel], one: ErrorDetails) -> str:
    return validation_messages.problem(one)


def problems(
    model: type[BaseModel], found: Iterable[ErrorDetails], describe: Describe = _as_table
) -> list[str]:
    """Return one line for each wrong field: its path, and what is wrong.

    Where a field may be one thing or another, pydantic has an error for each; the line has both.
    `describe` gets the model that has the field, or should have it.
    """
    texts: dict[str, list[str]] = {}
    for one in found:
        path, owner = locate(model, one["loc"])
        texts.setdefault(_shown(path), []).append(describe(owner, one))
    return [f"{path}: {validation_messages.either(found)}" for path, found in texts.items()]


def _shown(path: str) -> str:
    return (path or "message") if path.isprintable() else json.dumps(path)[1:-1]


def locate(model: type[BaseModel], place: Sequence[int | str]) -> tuple[str, type[BaseModel]]:
    """Return the path of a field, and the model that has it or should have it.

    pydantic's place also holds labels of alternatives; these are left out.
    """
    path: list[str] = []
    owner = model
    kinds: list[object] = [model]
    for part in place:
        models = [kind for kind in kinds if _is_model(kind)]
        if isinstance(part, int):
            path.append(str(part))
            kinds = list(_items(kinds))
        elif models:
            owner = models[0]
            path.append(part)
            kinds = _alternatives(_annotation(owner, part))
        elif part in _keys(kinds, part):
            path.append(part)
            kinds = [alternative for kind in kinds for alternative in _alternatives(_value(kind))]
    return ".".join(path), owner


def _annotation(model: type[BaseModel], name: str) -> object:
    for field, info in model.model_fields.items():
        alias = info.validation_alias
        choices = getattr(alias, "choices", [alias])
        if name in {field, *map(str, choices)}:
            return info.annotation
    return None


def _alternatives(kind: object) -> list[object]:
    """Return the types that an annotation allows, those of a list as a list of it."""
    if get_origin(kind) is None or get_origin(kind) in {list, tuple, dict}:
        return [kind]
    return [one for part in get_args(kind) for one in _alternatives(part)]


def _items(kinds: Iterable[object]) -> Iterator[object]:
    for kind in kinds:
        if get_origin(kind) in {list, tuple}:
            yield from _alternatives(get_args(kind)[0])


def _keys(kinds: Iterable[object], part: str) -> set[str]:
    """Return the key of a map, where one of the types is a map."""
    return {part} if any(get_origin(kind) is dict for kind in kinds) else set()


def _value(kind: object) -> object:
    return get_args(kind)[1] if get_origin(kind) is dict else None


def _is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
