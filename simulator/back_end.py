"""Back ends of storage repositories that fail, and disks that they release late."""

from simulator import preconditions
from simulator.errors import Failure
from simulator.pool import Pool

UNAVAILABLE = "SR_BACKEND_FAILURE_47"
_WITHOUT_BACK_END = frozenset({"forget", "unplug", "detach", "pbd_create", "pbd_destroy", "eject"})


def assert_available(pool: Pool, cls: str, ref: str, op: str) -> None:
    """Refuse, as the back end does, an operation that needs a repository that fails."""
    if not pool.failing_storage or op in _WITHOUT_BACK_END:
        return
    sr = _repository(pool, cls, ref)
    if sr in pool.failing_storage:
        name = pool.db.get("SR", sr)["name_label"]
        text = f"The SR is not available [opterr=no answer from {name}]"
        raise Failure(UNAVAILABLE, "", text, "")


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
