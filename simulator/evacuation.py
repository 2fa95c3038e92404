"""Where the VMs of a host go when it is evacuated (ocaml/xapi/xapi_host.ml)."""

from simulator import failover, memory, placement, preconditions
from simulator.errors import Failure
from simulator.rules.view import records
from simulator.tables import Database


def plan(db: Database, host: str) -> dict[str, str | Failure]:
    """Return for each guest of a host its target, or the reason why it cannot move.

    A guest must suit every other host; the largest ones are given their memory first.
    """
    guests = guests_of(db, host)
    room = {other: memory.free(db, other) for other in db.refs("host") if _takes(db, other, host)}
    found = {vm: _target(db, vm, room) for vm in sorted(guests, key=lambda vm: -_size(db, vm))}
    return {vm: found[vm] for vm in guests}


def guests_of(db: Database, host: str) -> list[str]:
    """Return the VMs on a host that are not control domains."""
    resident = records(db, "VM", list(db.get("host", host)["resident_VMs"]))
    return [ref for ref, vm in resident if not vm["is_control_domain"]]


def _takes(db: Database, host: str, evacuated: str) -> bool:
    try:
        placement.assert_up(db, host)
    except Failure:
        return False
    return host != evacuated


def _target(db: Database, vm: str, room: dict[str, int]) -> str | Failure:
    if obstacle := _obstacle(db, vm, list(room)):
        return obstacle
    target, size = max(room, key=lambda host: room[host]), _size(db, vm)
    if room[target] < size:
        return Failure("HOST_NOT_ENOUGH_FREE_MEMORY", vm)
    room[target] -= size
    return target


def _obstacle(db: Database, vm: str, hosts: list[str]) -> Failure | None:
    if not hosts:
        return Failure("NO_HOSTS_AVAILABLE", vm)
    try:
        _assert_migrates(db, vm)
        for host in hosts:
            placement.assert_suits(db, vm, host, by_memory=False)
    except Failure as failure:
        return failure
    if failover.is_on(db) and not db.get("VM", vm)["ha_always_run"]:
        return Failure("HOST_NOT_ENOUGH_FREE_MEMORY", vm)
    return None


def _assert_migrates(db: Database, vm: str) -> None:
    """Refuse a guest that cannot be migrated; one that is busy is waited for in its turn."""
    try:
        preconditions.check(db, "VM", vm, "pool_migrate")
    except Failure as failure:
        if failure.code != "OTHER_OPERATION_IN_PROGRESS":
            raise


def _size(db: Database, vm: str) -> int:
    return memory.needed(db.get("VM", vm))
