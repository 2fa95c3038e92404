"""Releases of XenServer, in their order: what the data model's `since` and `removed` refer to.

Old releases have code names, new ones are numbered versions of the toolstack. (datamodel_types.ml)
"""

from dataclasses import dataclass
from typing import NamedTuple


class _Named(NamedTuple):
    code_name: str
    product: str
    api: tuple[int, int]


_NAMED = (
    _Named("rio", "4.0", (1, 1)),
    _Named("miami", "4.1", (1, 2)),
    _Named("symc", "4.1.1", (1, 2)),
    _Named("orlando", "5.0", (1, 3)),
    _Named("orlando-update-1", "5.0.1", (1, 3)),
    _Named("george", "5.5", (1, 6)),
    _Named("midnight-ride", "5.6", (1, 7)),
    _Named("cowley", "5.6.1", (1, 8)),
    _Named("boston", "6.0", (1, 9)),
    _Named("tampa", "6.1", (1, 10)),
    _Named("clearwater", "6.2", (2, 0)),
    _Named("vgpu-tech-preview", "6.2.1", (2, 0)),
    _Named("vgpu-productisation", "6.2.2", (2, 1)),
    _Named("clearwater-felton", "6.2.3", (2, 2)),
    _Named("clearwater-whetstone", "6.2.4", (2, 2)),
    _Named("creedence", "6.5", (2, 3)),
    _Named("cream", "6.5.1", (2, 4)),
    _Named("indigo", "6.5.2", (2, 4)),
    _Named("dundee", "7.0", (2, 5)),
    _Named("ely", "7.1", (2, 6)),
    _Named("falcon", "7.2", (2, 7)),
    _Named("inverness", "7.3", (2, 8)),
    _Named("jura", "7.4", (2, 9)),
    _Named("kolkata", "7.5", (2, 10)),
    _Named("lima", "7.6", (2, 11)),
    _Named("naples", "8.0", (2, 12)),
    _Named("quebec", "8.1", (2, 14)),
    _Named("stockholm", "8.2", (2, 15)),
    _Named("stockholm_psr", "8.2.1", (2, 15)),
)
_NUMBERED_API = (2, 21)
_XENSERVER_8 = "24.16.0"
_ORDER = {named.code_name: number for number, named in enumerate(_NAMED)}

CURRENT_NAME = "current"
NAMES = (*(named.product for named in _NAMED), "8", CURRENT_NAME)
"""The names by which a release is chosen; a version of the toolstack such as 24.3.0 is one too."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release: its name, the newest `since` that it has, and the version of its API."""

    name: str
    newest: str
    api: tuple[int, int]

    def has(self, since: str) -> bool:
        """Return whether this release has what came with another."""
        return self.name == CURRENT_NAME or _rank(since) <= _rank(self.newest)


CURRENT = Release(CURRENT_NAME, "", _NUMBERED_API)


def parse(name: str) -> Release:
    """Return the release of a name; ValueError for an unknown name."""
    if name == CURRENT_NAME:
        return CURRENT
    if name == "8":
        return Release(name, _XENSERVER_8, _NUMBERED_API)
    for named in _NAMED:
        if name in {named.product, named.code_name}:
            return Release(named.product, named.code_name, named.api)
    if _is_numbered(name) and _rank(name) >= _rank("21.0.0"):
        return Release(name, name, _NUMBERED_API)
    raise ValueError(f'"{name}" is not a release; there are: {", ".join(NAMES)}')


def _rank(since: str) -> tuple[int, ...]:
    """Return the place of a code name, or of a version, which is newer than every code name."""
    if since in _ORDER:
        return (0, _ORDER[since])
    return (1, *(int(number) for number in since.split(".")))


def _is_numbered(name: str) -> bool:
    return all(number.isdigit() for number in name.split(".")) and name.count(".") > 1
