"""Refusals that count as a success: the effect of the call is there already.

XenServer decides, not a look beforehand that something may overtake: the call is made, and its
refusal read.
"""

from typing import Literal

from tasks.engine.declaration.suspensions import Running, Suspension
from xenserver import errors

Sign = tuple[str, str]
"""How XenServer reports that the state exists already: the code, and its last parameter."""

Passed = Literal["done", "already", "late"]


def unless_already(sign: Sign, suspension: Suspension, *, ensure: bool = True) -> Running[Passed]:
    """Wait for a suspension; return whether the state existed, which only `ensure` allows.

    "late" is a call that did not end within the seconds it was given.
    """
    try:
        ended = yield suspension
    except errors.Refused as refused:
        if (refused.code, *refused.params[-1:]) != sign:
            raise
        if not ensure:
            raise errors.with_hint(refused, "ensure=true accepts that") from None
        return "already"
    return "late" if ended is None else "done"
