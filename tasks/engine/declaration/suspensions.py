"""Suspensions: what a long operation can wait for without holding anything.

Call      an asynchronous call of XenServer: `xen.Async.VM.start(vm, False, False)`
Bounded   a call with a time limit in seconds: `within(60, xen.Async.VM.clean_shutdown(vm))`
Follow    a XenServer task that somebody else began
Pause     a while
Address   the addresses of a guest that comes up
Expand    a canvas of operations; ends with the answer of its last step
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from celery import Signature

from xenserver.guest_addresses import ANY, AddressCriteria
from xenserver.objects import Call

__all__ = [
    "Address",
    "Bounded",
    "Call",
    "Expand",
    "Follow",
    "Pause",
    "Result",
    "Running",
    "Suspension",
    "within",
]


@dataclass(frozen=True)
class Bounded(Call):
    """A call that makes nothing; after its seconds it is cancelled, and gives None."""

    seconds: float


def within(seconds: float | None, call: Call) -> Call:
    """Return a call with a limit in seconds; None is the limit of the operation."""
    return call if seconds is None else Bounded(call.method, call.params, seconds)


@dataclass(frozen=True)
class Follow:
    """Wait for the end of a XenServer task, by reference; it gives the end as a mapping.

    `every` is how long an end may go unnoticed (s). An end that is not a success is raised, unless
    `any_end` is as good.
    """

    ref: str
    every: float = 60.0
    any_end: bool = False


@dataclass(frozen=True)
class Pause:
    """Wait for this many seconds."""

    seconds: float


@dataclass(frozen=True)
class Address:
    """Wait for addresses of a running VM's guest; it gives them as XenServer names them."""

    vm: str
    wanted: AddressCriteria = ANY


@dataclass(frozen=True)
class Expand:
    """Send a canvas of operations as steps of this one, and wait for its end."""

    canvas: Signature[object]


Suspension = Call | Follow | Pause | Address | Expand

Result = Any  # what XenServer, a guest or a step answered: the body knows its type
T = TypeVar("T")
Running = Generator[Suspension, Result, T]
"""A body with suspension points: it yields them, is sent the result of each, and returns."""
