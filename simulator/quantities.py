"""Quantities that people give: sizes, counts and times, none beyond what the wire can carry."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_LARGEST = 1 << 60
_CENTURY = 100 * 365 * 24 * 3600.0


def in_bytes(value: object) -> object:
    """Read `8 GiB` as bytes; a number is bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(str(value).strip())
    if found is None:
        raise ValueError(f'must be a size such as "8 GiB", not "{value}"')
    return int(float(found[1]) * _UNITS[found[2].upper()])


Room = Annotated[int, BeforeValidator(in_bytes), Field(ge=0, le=_LARGEST)]
Size = Annotated[int, BeforeValidator(in_bytes), Field(gt=0, le=_LARGEST)]
Count = Annotated[int, Field(ge=0, le=1 << 31)]
SomeOf = Annotated[int, Field(gt=0, le=1 << 31)]
Seconds = Annotated[float, Field(ge=0, le=_CENTURY)]
