"""The Lua scripts of the journal: each is one atomic step in the life of an operation.

They stand as files in `lua/`, each with its keys, arguments and answers in its head. Before their
text stand `prelude.lua` and tables with the names of the record, so that no script spells one:
`FIELD.ended`, `PART.outcome .. label`, `PHASE.parked`, `CLAIM.held`, `CANCEL.asked`. A name that is
not in its table is an error.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

from redis.exceptions import ResponseError

from tasks.engine.journal import record, record_hash

if TYPE_CHECKING:
    from redis import Redis

Answer = Any  # what Lua returned; each caller gives it a type


class Overtaken(Exception):
    """Another delivery has claimed the operation; this one must not act any more."""


def _enum(words: type[StrEnum]) -> dict[str, str]:
    return {word.name.lower(): word.value for word in words}


TABLES = {
    "FIELD": {name: name for name in sorted(record_hash.SCRIPT_FIELDS)},
    "PART": {name: f"{name}:" for name in sorted(record_hash.SCRIPT_PARTS)},
    "PHASE": _enum(record.Phase),
    "CLAIM": _enum(record.ClaimResult),
    "CANCEL": _enum(record.CancelResult),
}
"""The names that scripts may use, by table."""


def _table(name: str, words: Mapping[str, str]) -> str:
    pairs = ", ".join(f"{key}='{word}'" for key, word in words.items())
    unknown = f"function(_, key) error('{name} has no ' .. tostring(key)) end"
    return f"local {name} = setmetatable({{{pairs}}}, {{__index = {unknown}}})"


@cache
def source(name: str) -> str:
    """Return the text of a script as Redis gets it."""
    tables = "\n".join(_table(name, words) for name, words in TABLES.items())
    return "\n".join([tables, text_of("prelude"), text_of(name)])


def text_of(name: str) -> str:
    """Return the text of `lua/<name>.lua`."""
    return resources.files("tasks.engine.journal").joinpath("lua", f"{name}.lua").read_text("utf-8")


class Scripts:
    """Run scripts by name on one Redis client."""

    def __init__(self, redis: "Redis") -> None:
        self.redis = redis
        self._scripts: dict[str, Callable[..., Answer]] = {}

    def run(self, name: str, keys: list[str], args: Sequence[object]) -> Answer:
        """Run `lua/<name>.lua`; raise Overtaken when a fencing token refused the writer."""
        script = self._scripts.get(name)
        if script is None:
            script = self._scripts[name] = self.redis.register_script(source(name))
        try:
            return script(keys=keys, args=[_wire(arg) for arg in args])
        except ResponseError as error:
            if "OVERTAKEN" in str(error):
                raise Overtaken from None
            raise


def _wire(value: object) -> str | int | float | bytes:
    return cast("str | int | float | bytes", value)


def text(value: object) -> str:
    """Decode what Redis answered."""
    return value.decode() if isinstance(value, bytes) else str(value)


def texts(values: Iterable[object]) -> list[str]:
    """Decode a list that Redis answered."""
    return [text(value) for value in values]


def fields(values: Mapping[bytes | str, object]) -> dict[str, str]:
    """Decode a hash that Redis answered."""
    return {text(name): text(value) for name, value in values.items()}


def flat(fields: Mapping[str, str]) -> list[str]:
    """Flatten fields into a list of names and values, as a script takes them."""
    return [part for pair in fields.items() for part in pair]


def tuples(values: Iterable[object], size: int) -> list[tuple[str, ...]]:
    """Split a flat list that Lua answered into tuples of this many texts."""
    flat = texts(values)
    return list(zip(*(flat[n::size] for n in range(size)), strict=True))


def pairs(values: Iterable[object]) -> list[tuple[str, str]]:
    """Split a flat list that Lua answered into names and values."""
    flat = texts(values)
    return list(zip(flat[::2], flat[1::2], strict=True))
