"""Legs: what a long operation can wait for without holding anything.

    Call      an asynchronous call of XenServer (`xen.later.VM.start(vm, False, False)`); ends with its XenServer task
    Follow    a XenServer task that somebody else began
    Pause     a while
    Expand    a canvas of operations; ends with the answer of its last step
"""

from dataclasses import dataclass
from typing import Any

from celery import Signature

from xenserver.things import Call

__all__ = ["Call", "Expand", "Follow", "Leg", "Pause"]


@dataclass(frozen=True)
class Follow:
    """Wait for the end of a XenServer task, by reference; `every` is how long an end may go unnoticed (s)."""

    ref: str
    every: float = 60.0


@dataclass(frozen=True)
class Pause:
    """Wait for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Expand:
    """Send a canvas of operations as steps of this one, and wait for its end."""

    canvas: Signature[Any]


Leg = Call | Follow | Pause | Expand
