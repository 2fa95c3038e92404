"""Back ends of storage repositories: where they work, that they fail or release disks late."""

from simulator import preconditions
from simulator.errors import Failure
from simulator.pool import Pool

UNAVAILABLE = "SR_BACKEND_FAILURE_47"
_BY_COORDINATOR = frozenset({"SR", "VDI"})
_BY_ANY_HOST = frozenset({("SR", "plug"), ("SR", "destroy")})
_WITHOUT_BACK_END = frozenset({"forget", "unplug", "detach", "pbd_create", "pbd_destroy", "eject"})


def assert_available(pool: Pool, cls: str, ref: str, op: str) -> None:
    """Refuse an operation on a repository that nobody can do, or that the back end fails."""
    if op in _WITHOUT_BACK_END or not (sr := _repository(pool, cls, ref)):
        return
    if cls in _BY_COORDINATOR and (cls, op) not in _BY_ANY_HOST:
        _assert_coordinator_sees(pool, sr)
    if sr in pool.failing_storage:
        name = pool.db.get("SR", sr)["name_label"]
        text = f"The SR is not available [opterr=no answer from {name}]"
        raise Failure(UNAVAILABLE, "", text, "")


def _assert_coordinator_sees(pool: Pool, sr: str) -> None:
    """Refuse where a shared repository is detached from the coordinator, which does its work."""
    record = pool.db.get("SR", sr)
    pbds = [pool.db.get("PBD", pbd) for pbd in record["PBDs"]]
    seen = any(pbd["host"] == pool.coordinator and pbd["currently_attached"] for pbd in pbds)
    if record["shared"] and not seen:
        raise Failure("SR_HAS_NO_PBDS", sr)


def detached(pool: Pool, vdi: str) -> None:
    """Note that a disk was detached: where its repository is slow it stays in use for a while."""
    seconds = pool.release_seconds
    if not seconds or not pool.db.exists("VDI", vdi):
        return
    pool.db.held.add(vdi)
    preconditions.refresh(pool.db, "VDI", vdi)
    pool.clock.timer(seconds).add_done_callback(lambda _: _release(pool, vdi))


def _release(pool: Pool, vdi: str) -> None:
    pool.db.held.discard(vdi)
    preconditions.refresh(pool.db, "VDI", vdi)


def _repository(pool: Pool, cls: str, ref: str) -> str:
    """Return the repository that an operation on an object works in, if any."""
    if cls == "VBD" and pool.db.exists("VBD", ref):
        cls, ref = "VDI", pool.db.get("VBD", ref)["VDI"]
    if cls == "VDI" and pool.db.exists("VDI", ref):
        cls, ref = "SR", pool.db.get("VDI", ref)["SR"]
    return ref if cls == "SR" else ""
