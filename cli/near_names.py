"""Names that a wrong one may mean: of commands, operations and objects."""

import importlib
from collections.abc import Collection, Iterable

MOST = 3  # names that are suggested

_CUTOFF = 0.75  # of names that resemble each other


def of(word: str, names: Iterable[str]) -> list[str]:
    """Return the names that are a word in another spelling, or begin with it, or resemble it."""
    spelled = {_plain(name): name for name in names}
    wanted = _plain(word)
    if wanted in spelled:
        return [spelled[wanted]]
    begun = [name for plain, name in spelled.items() if wanted and plain.startswith(wanted)]
    return begun[:MOST] or [spelled[plain] for plain in _alike(wanted, spelled)]


def question(names: Collection[str]) -> str:
    """Return the question whether one of the names is meant; nothing where there is none."""
    return f"; did you mean {' or '.join(names)}?" if names else ""


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _alike(word: str, names: Iterable[str]) -> list[str]:
    difflib = importlib.import_module("difflib")  # imported only where a name is wrong
    found: list[str] = difflib.get_close_matches(word, list(names), n=MOST, cutoff=_CUTOFF)
    return found
