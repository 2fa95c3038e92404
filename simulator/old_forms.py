"""What older releases answer in another form."""

from simulator.datamodel import Release
from simulator.errors import Failure

_BUSY = "OTHER_OPERATION_IN_PROGRESS"
_NAMES_TASKS = "25.27.0"
SWEEPS_ALL = "25.33.0"
"""From here on the sweep keeps no finished task where as many are finished as may stand about."""


def refusal(failure: Failure, release: Release) -> Failure:
    """Return a refusal as a release words it."""
    if failure.code != _BUSY or release.has(_NAMES_TASKS):
        return failure
    cls, ref, operation, *_ = failure.params
    if cls == "VM":
        return Failure(_BUSY, f"VM.{operation}", ref)
    return Failure(_BUSY, cls, ref, operation)
