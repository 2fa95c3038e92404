"""Plain values: what a field may hold, of all that kombu's JSON can carry."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from uuid import UUID

_LARGEST = 2**63 - 1
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (Decimal, "a decimal number"),
    ((date, time), "a moment"),
    ((bytes, bytearray), "bytes"),
)


class NotPlain(ValueError):
    """A value that no field can hold; the text says what is wrong with it."""


def plain(value: object) -> object:
    """Return a value as JSON has it: a UUID as text; raise NotPlain where it has none."""
    match value:
        case UUID():
            return str(value)
        case Mapping():
            return {str(name): plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case bool():
            return value
        case int() if abs(value) > _LARGEST:
            raise NotPlain("is a number of more than 64 bits")
    for kind, text in _KINDS:
        if isinstance(value, kind):
            raise NotPlain(f"is {text}, as Python's JSON marks it; send text or a number")
    return value
