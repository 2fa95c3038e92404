"""Hosts that die and come back, and what high availability makes of their VMs."""

from typing import Any

from simulator import domains, placement, preconditions
from simulator.errors import Failure
from simulator.pool import Pool
from simulator.rules.view import records
from simulator.tables import Database, Record

FENCE = "ha.fence"
_PROTECTED = ("restart", "best-effort")


def die(pool: Pool, host: str) -> None:
    """Kill a host: its heartbeat and its operations end, its VMs show as running on it.

    With high availability they are known to be gone after a while, and restarted elsewhere.
    """
    if not placement.is_live(pool.db, host):
        return
    _set_live(pool, host, live=False)
    for task in pool.tasks.on(host):
        task.interrupt(Failure("CANNOT_CONTACT_HOST", host))
    if is_on(pool.db):
        timer = pool.clock.timer(pool.duration(FENCE))
        timer.add_done_callback(lambda _: _fail_over(pool, host))


def revive(pool: Pool, host: str) -> None:
    """Boot a dead host; what ran on it is halted."""
    if not pool.db.exists("host", host) or placement.is_live(pool.db, host):
        return
    _halt_guests(pool, host)
    _set_live(pool, host, live=True)
    pool.db.put("host", host, enabled=True)
    preconditions.refresh(pool.db, "host", host)


def declare_dead(pool: Pool, host: str) -> None:
    """Halt what ran on a dead host: an administrator vouches that it is down."""
    _halt_guests(pool, host)


def assert_admits(db: Database, vm: str) -> None:
    """Refuse to start a protected VM beyond those that could be restarted."""
    if db.get("VM", vm)["ha_restart_priority"] == _PROTECTED[0]:
        assert_preserves_plan(db)


def protect(db: Database, vm: str, *, wanted: bool) -> None:
    """Protect a VM with a restart priority from its start until it is shut down."""
    priority = db.get("VM", vm)["ha_restart_priority"]
    db.put("VM", vm, ha_always_run=wanted and priority == _PROTECTED[0])


def assert_unprotected(db: Database, vm: str) -> None:
    """Refuse to change a halted VM that is about to be restarted."""
    if _pool(db)["ha_enabled"] and db.get("VM", vm)["ha_always_run"]:
        raise Failure("VM_IS_PROTECTED", vm)


def assert_preserves_plan(db: Database) -> None:
    """Refuse what takes room from a pool that has too little to restart its protected VMs."""
    pool = _pool(db)
    if pool["ha_enabled"] and pool["ha_overcommitted"]:
        raise Failure("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN")


def is_on(db: Database) -> bool:
    """Return whether high availability is on."""
    return bool(_pool(db)["ha_enabled"])


def assert_off(db: Database) -> None:
    """Refuse while high availability is on."""
    if is_on(db):
        raise Failure("HA_IS_ENABLED")


def pool_ref(db: Database) -> str:
    """Return the reference of the pool."""
    return db.refs("pool")[0]


def show(db: Database, *, enabled: bool, **fields: Any) -> None:  # noqa: ANN401 - wire values
    """Write what the pool shows of high availability."""
    db.put("pool", pool_ref(db), ha_enabled=enabled, **fields)
    preconditions.refresh(db, "pool", pool_ref(db))


def _fail_over(pool: Pool, host: str) -> None:
    if not pool.db.exists("host", host) or placement.is_live(pool.db, host):
        return
    lost = [(ref, pool.db.get("VM", ref)) for ref in _halt_guests(pool, host)]
    protected = [(ref, vm) for ref, vm in lost if vm["ha_restart_priority"] in _PROTECTED]
    for ref, _ in sorted(protected, key=lambda pair: _rank(pair[1])):
        _restart(pool, ref)


def _rank(vm: Record) -> tuple[int, int]:
    return _PROTECTED.index(vm["ha_restart_priority"]), int(vm["order"])


def _restart(pool: Pool, vm: str) -> None:
    try:
        host = placement.choose(pool.db, vm)
    except Failure:
        return
    domains.prepare(pool, vm, host)
    domains.forget_guest(pool.db, vm)
    domains.bring_up(pool, vm, host, paused=False)
    preconditions.refresh(pool.db, "VM", vm)


def _halt_guests(pool: Pool, host: str) -> list[str]:
    resident = records(pool.db, "VM", pool.db.get("host", host)["resident_VMs"])
    guests = [ref for ref, vm in resident if not vm["is_control_domain"]]
    for vm in guests:
        domains.halt(pool, vm)
        preconditions.refresh(pool.db, "VM", vm)
    return guests


def _set_live(pool: Pool, host: str, *, live: bool) -> None:
    metrics = pool.db.get("host", host)["metrics"]
    pool.db.put("host_metrics", metrics, live=live, last_updated=pool.clock.iso())
    preconditions.refresh(pool.db, "host", host)


def _pool(db: Database) -> Record:
    return db.get("pool", pool_ref(db))
