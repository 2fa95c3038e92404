"""Problems of a message: what is wrong with it, within bounds of number and length."""

from collections.abc import Sequence

from config import masking
from xenserver import errors

INVALID = errors.INVALID
MOST = 20  # of one message that are named
LONGEST = 1_000  # characters


def wrong(problems: Sequence[str]) -> errors.Refused:
    """Return the error that names the problems of a message."""
    return errors.invalid(*(masking.cut(problem, LONGEST) for problem in problems[:MOST]))
