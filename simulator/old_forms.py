"""What older releases answer in another form."""

from simulator.datamodel import Release
from simulator.errors import Failure

_BUSY = "OTHER_OPERATION_IN_PROGRESS"
_NAMES_TASKS = "25.27.0"
SWEEPS_ALL = "25.33.0"
"""From here on the sweep keeps no finished task where as many are finished as may stand about."""
_GUESTS_TELL = "creedence"
_ONE_CODE = "ely"
_SUSPENDS_ANY = "tampa"
MOVES_HALTED = "dundee"
"""From here on `migrate_send` moves VMs that do not run."""
_FEATURES = {
    "clean_shutdown": "SHUTDOWN",
    "clean_reboot": "SHUTDOWN",
    "changing_VCPUs_live": "VCPU_HOTPLUG",
}


def refusal(failure: Failure, release: Release) -> Failure:
    """Return a refusal as a release words it."""
    if failure.code != _BUSY or release.has(_NAMES_TASKS):
        return failure
    cls, ref, operation, *_ = failure.params
    if cls == "VM":
        return Failure(_BUSY, f"VM.{operation}", ref)
    return Failure(_BUSY, cls, ref, operation)


def asks_guests(release: Release) -> bool:
    """Return whether what a guest tells of itself counts, or only that it has drivers."""
    return release.has(_GUESTS_TELL)


def unable(release: Release, op: str, vm: str) -> Failure | None:
    """Return how a release refuses what a guest without drivers cannot do, if it does."""
    if release.has(_ONE_CODE):
        return Failure("VM_LACKS_FEATURE", vm)
    if release.has(_GUESTS_TELL):
        return Failure(f"VM_LACKS_FEATURE_{_FEATURES.get(op, 'SUSPEND')}", vm)
    if op not in _FEATURES and release.has(_SUSPENDS_ANY):
        return None
    return Failure("VM_MISSING_PV_DRIVERS", vm)
