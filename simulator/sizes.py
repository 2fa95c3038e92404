"""Sizes as people write them."""

import re

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


def in_bytes(value: object) -> object:
    """Read `8 GiB` as bytes; a number is bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(str(value).strip())
    if found is None:
        raise ValueError(f'must be a size such as "8 GiB", not "{value}"')
    return int(float(found[1]) * _UNITS[found[2].upper()])
