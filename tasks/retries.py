"""Calls whose refusal passes within seconds: a disk that was detached a moment ago is still in use.

XenServer says VDI_IN_USE both of a disk that a running VM holds and of one whose detaching the
storage has not finished. Only the second passes, and the body alone can tell them apart.
"""

from collections.abc import Callable, Generator
from typing import Any

from tasks.engine.declaration.suspensions import Call, Pause, Suspension
from xenserver import errors
from xenserver.client import Xen

PASSING = frozenset({"SR_BACKEND_FAILURE_24", "SR_VDI_LOCKING_FAILED", "VDI_IN_USE"})
"""Refusals of a disk in use; SR_BACKEND_FAILURE_24 is what a storage manager says of one."""

ATTEMPTS = 6
SECONDS = 2.0


def once_detached(
    xen: Xen, disk: str | Callable[[], str], call: Call
) -> Generator[Suspension, Any, Any]:
    """Make a call, again for some seconds while its disk is in use though no VM holds it.

    A disk that only a refusal makes interesting is given as a function, which reads it then.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return (yield call)
        except errors.XenflowError as error:
            if error.code not in PASSING:
                raise
            if _is_held(xen, disk if isinstance(disk, str) else disk()):
                raise
        yield Pause(SECONDS)
    return (yield call)


def _is_held(xen: Xen, disk: str) -> bool:
    """Return whether a VBD holds a disk, or the disk is gone.

    A snapshot with memory has its disks attached, as a suspended VM has: it never runs, and holds
    them only until it is destroyed, which may be under way.
    """
    try:
        attached = [v for v in xen.VDI.get_VBDs(disk) if xen.VBD.get_currently_attached(v)]
        return any(not xen.VM.get_is_a_snapshot(xen.VBD.get_VM(vbd)) for vbd in attached)
    except errors.Missing:
        return True
