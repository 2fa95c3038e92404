"""Problems of a message: what is wrong with it, within bounds of number and length."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from config import masking
from xenserver import errors

INVALID = errors.INVALID
MOST = 20  # of one message that are named
LONGEST = 1_000  # characters
_LONGEST_NAME = 64  # characters of a name that is compared with others


def wrong(problems: Sequence[str]) -> errors.Refused:
    """Return the error that names the problems of a message."""
    return errors.invalid(*(masking.cut(problem, LONGEST) for problem in problems[:MOST]))


def meant(name: str, known: Collection[str]) -> str:
    """Return a question that names the field that resembles an unknown one; else nothing."""
    near = get_close_matches(name, known, n=1) if len(name) <= _LONGEST_NAME else []
    return f" (did you mean {near[0]}?)" if near else ""
