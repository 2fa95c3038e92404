"""Durations in seconds or with a unit: 90, "90s", "10m", "1h", "7d"."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_MANY = 100.0  # seconds of which no fraction matters
_SHAPE = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?", re.IGNORECASE | re.ASCII)


def seconds(duration: object) -> float:
    """Return a duration in seconds; raise ValueError, which lists the accepted forms."""
    match duration:
        case bool():
            pass
        case int() | float():
            return float(duration)
        case str() if found := _SHAPE.fullmatch(duration.strip()):
            return float(found[1]) * _UNITS[(found[2] or "s").lower()]
    msg = "a duration is a number of seconds or text such as 90s, 10m, 1h, 7d"
    raise ValueError(msg)


def text(seconds: float) -> str:
    """Return seconds with the digits that say something: "0.001", "1.5", "600"."""
    return f"{seconds:.3g}" if seconds < _MANY else f"{seconds:.0f}"


_Text = Annotated[str, Field(pattern=r"^\s*\d+(\.\d+)?\s*([mM]?[sS]|[mMhHdD])?\s*$")]

Seconds = Annotated[
    float,
    BeforeValidator(seconds, json_schema_input_type=float | _Text),
    Field(gt=0, allow_inf_nan=False),
]
"""A field for a positive duration, in seconds."""
