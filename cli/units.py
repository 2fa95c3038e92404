"""Numbers as people read them: sizes and durations in units. Programs get plain numbers."""

import re
from typing import Any

_SIZE = re.compile(
    r"(^|_)(size|utilisation|allocation)$|^memory_(static|dynamic)_(max|min)$|^memory_(target|"
    r"overhead|total|free)$|^(size|memory)$"
)
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024
_ROUNDS_TO_SECOND, _ROUNDS_TO_MINUTE = 0.9995, 59.995
_LONG = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
"""Long durations in seconds, the longest first: a unit, and the next smaller one."""


def shown(name: str, value: Any) -> Any:
    """Return a field's value as people read it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return size(value) if is_number and _SIZE.search(name) else value


def size(count: float) -> str:
    """Return a number of bytes with a unit: `2 GiB`, `424.2 MiB`."""
    power = 0
    number = float(count)
    while abs(number) >= _STEP and power < len(_UNITS) - 1:
        number /= _STEP
        power += 1
    return f"{number:.1f}".removesuffix(".0") + f" {_UNITS[power]}"


def duration(seconds: float) -> str:
    """Return a duration by its two largest units: `12 ms`, `4.20 s`, `2 min 5 s`, `366 d`."""
    if seconds < _ROUNDS_TO_SECOND:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _ROUNDS_TO_MINUTE:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    length, unit, smaller, part = next(one for one in _LONG if whole >= one[0])
    rest = whole % length // smaller
    return f"{whole // length} {unit}" + (f" {rest} {part}" if rest else "")
