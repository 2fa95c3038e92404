"""Numbers as people read them: sizes in units. Data for programs keeps its numbers."""

import re
from typing import Any

_SIZE = re.compile(
    r"(^|_)(size|utilisation|allocation)$|^memory_(static|dynamic)_(max|min)$|^memory_(target|"
    r"overhead|total|free)$|^(size|memory)$"
)
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024


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
