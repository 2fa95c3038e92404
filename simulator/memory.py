"""Memory of hosts, accounted in `host_metrics.memory_free`.

A VM reserves memory when its host is chosen and releases it when its domain ends; its share is its
`VM_metrics.memory_actual` and its `memory_overhead`.
"""

from simulator.rules.view import peek
from simulator.tables import Database, Record, fitting

MIB = 1 << 20
_EXTRA_MIB = {"pv": 1}
_SHIM_MIB, _MIB_A_SHIM_MIB = 20, 110
_MOST = 2.0**63
_PAGES_OF_A_VCPU = 256
_PAGES_OF_A_MIB = 256


def overhead(vm: Record) -> int:
    """Return the bytes that a VM's domain takes beside the guest's memory (memory.ml)."""
    kind, most = vm["domain_type"], _rounded_up(int(vm["memory_static_max"]), MIB)
    extra = _EXTRA_MIB.get(kind, 2)
    shim = _SHIM_MIB + most // _MIB_A_SHIM_MIB if kind == "pv_in_pvh" else 0
    return int(fitting((extra + shim + _shadow_mib(vm, most)) * MIB))


def _shadow_mib(vm: Record, most: int) -> int:
    """Return the shadow memory; what no integer holds becomes the least one, then 1."""
    pages = _PAGES_OF_A_VCPU * int(vm["VCPUs_max"]) + 2 * most
    wanted = _rounded_up(pages, _PAGES_OF_A_MIB) * float(vm["HVM_shadow_multiplier"])
    return max(1, int(wanted)) if abs(wanted) < _MOST else 1


def _rounded_up(value: int, unit: int) -> int:
    return -(-value // unit)


def needed(vm: Record) -> int:
    """Return the bytes that a host must have free for a VM to start there."""
    return int(vm["memory_dynamic_min"]) + overhead(vm)


def free(db: Database, host: str) -> int:
    """Return a host's free memory in bytes."""
    metrics = peek(db, "host_metrics", db.get("host", host)["metrics"])
    return int(metrics["memory_free"]) if metrics else 0


def reserve(db: Database, vm: str, host: str) -> None:
    """Reserve a VM's memory on a host."""
    record = db.get("VM", vm)
    db.put("VM", vm, memory_overhead=overhead(record), memory_target=record["memory_dynamic_max"])
    db.put("VM_metrics", record["metrics"], memory_actual=record["memory_dynamic_min"])
    take(db, vm, host)


def release(db: Database, vm: str, host: str) -> None:
    """Release the memory of a VM whose domain has ended."""
    give(db, vm, host)
    db.put("VM_metrics", db.get("VM", vm)["metrics"], memory_actual=0)


def take(db: Database, vm: str, host: str) -> None:
    """Subtract a VM's memory on the target host of a migration."""
    _change(db, host, -_held(db, vm))


def give(db: Database, vm: str, host: str) -> None:
    """Add a VM's memory on the source host of a migration."""
    _change(db, host, _held(db, vm))


def _held(db: Database, vm: str) -> int:
    record = db.get("VM", vm)
    metrics = db.get("VM_metrics", record["metrics"])
    return int(metrics["memory_actual"]) + int(record["memory_overhead"])


def _change(db: Database, host: str, by: int) -> None:
    metrics = db.get("host", host)["metrics"]
    if db.exists("host_metrics", metrics):
        db.put("host_metrics", metrics, memory_free=free(db, host) + by)
