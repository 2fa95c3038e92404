"""The Lua scripts of the journal: each is one atomic step in the life of an operation.

They stand as files in `lua/`, each with its keys, arguments and answers in its head, and are sent
to Redis once per connection.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

from redis.exceptions import ResponseError

if TYPE_CHECKING:
    from redis import Redis

Answer = Any  # what a script answers is whatever Lua returned; callers below give it a type


class Overtaken(Exception):
    """Another delivery has taken the operation over; this one must not act any more."""


@cache
def _text(name: str) -> str:
    return resources.files("tasks.engine.journal").joinpath("lua", f"{name}.lua").read_text("utf-8")


class Scripts:
    """Run scripts by name on one Redis client."""

    def __init__(self, redis: "Redis") -> None:
        self.redis = redis
        self._scripts: dict[str, Any] = {}

    def run(self, name: str, keys: list[str], args: list[object]) -> Answer:
        """Run `lua/<name>.lua`; raise Overtaken when a fence refused the writer."""
        script = self._scripts.get(name)
        if script is None:
            script = self._scripts[name] = self.redis.register_script(_text(name))
        try:
            return script(keys=keys, args=[_wire(arg) for arg in args])
        except ResponseError as error:
            if "OVERTAKEN" in str(error):
                raise Overtaken from None
            raise


def _wire(value: object) -> str | int | float | bytes:
    return cast("str | int | float | bytes", value)


def text(value: object) -> str:
    """Turn what Redis answered into text."""
    return value.decode() if isinstance(value, bytes) else str(value)


def texts(values: Iterable[object]) -> list[str]:
    """Turn a list that Redis answered into texts."""
    return [text(value) for value in values]


def fields(values: Mapping[Any, Any]) -> dict[str, str]:
    """Turn a hash that Redis answered into texts."""
    return {text(name): text(value) for name, value in values.items()}


def flat(fields: Mapping[str, str]) -> list[str]:
    """Turn fields into a flat list of two and two, as a script takes them."""
    return [part for pair in fields.items() for part in pair]


def pairs(values: Iterable[object]) -> list[tuple[str, str]]:
    """Turn a flat list of two and two, as Lua answers it, into pairs."""
    flat = texts(values)
    return list(zip(flat[::2], flat[1::2], strict=True))
