"""What the two dialects have in common: a decoded call, and an answer to be encoded."""

import re
from dataclasses import dataclass
from typing import Any, Protocol

from simulator.datamodel import Type
from simulator.errors import Failure

_PROHIBITED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef]"
    "|["
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


DEEPEST = 200
"""Levels of a value that are kept: no type of the API has so many, deeper ones become null."""


class BadRequestError(ValueError):
    """A body that is not a call."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A value and its type; a `bare` one goes without Status over XML-RPC."""

    value: Any
    kind: Type
    bare: bool = False


class Decoded(Protocol):
    """A decoded call, which knows how to encode its answer."""

    @property
    def method(self) -> str:
        """Return the wire name."""

    @property
    def params(self) -> list[Any]:
        """Return the parameters, the session included."""

    def success(self, answer: Answer) -> bytes:
        """Encode an answer."""

    def failure(self, refusal: Failure) -> bytes:
        """Encode a refusal."""


class Codec(Protocol):
    """A dialect: how to decode a call, and to refuse one that cannot be decoded."""

    @property
    def CONTENT_TYPE(self) -> bytes:  # noqa: N802 - a constant of the module
        """Return the content type of answers."""

    def read(self, body: bytes) -> Decoded:
        """Decode a body; BadRequestError if it is not a call."""

    def early_failure(self, refusal: Failure) -> bytes:
        """Encode a refusal from before the call is dispatched."""


def prohibited(params: list[Any]) -> str | None:
    """Return the first parameter with a character that XML cannot carry, as the toolstack shows it.

    Prohibited are control characters, surrogates and non-characters, in keys too.
    """
    return next((shown(param) for param in params if _is_prohibited(param)), None)


def shown(value: Any) -> str:  # noqa: ANN401 - any wire value
    """Return a value in the notation of the toolstack's RPC library."""
    match value:
        case str():
            return f"S({value})"
        case list():
            return "[" + ";".join(map(shown, value)) + "]"
        case dict():
            return "{" + ";".join(f"{key}:{shown(item)}" for key, item in value.items()) + "}"
        case _:
            return _scalar(value)


def _scalar(value: Any) -> str:  # noqa: ANN401 - any wire value
    match value:
        case bool():
            return f"B({str(value).lower()})"
        case int():
            return f"I({value})"
        case float():
            return f"F({value:g})"
        case bytes():
            return f"B64({value.decode(errors='replace')})"
        case _:
            return "N"


def _is_prohibited(param: Any) -> bool:  # noqa: ANN401 - any wire value
    left = [param]
    while left:
        item = left.pop()
        if isinstance(item, str) and _PROHIBITED.search(item):
            return True
        left += _children(item)
    return False


def _children(item: Any) -> list[Any]:  # noqa: ANN401 - any wire value
    if isinstance(item, dict):
        return [*item, *item.values()]
    return item if isinstance(item, list) else []
