"""Object locks that belong together: a VM and its devices, a disk and its repository."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from simulator import preconditions
from simulator.call import Call


@asynccontextmanager
async def vm_and_devices(
    call: Call, vm: str, op: str, classes: Iterable[str] = ("VBD", "VIF")
) -> AsyncIterator[None]:
    """Lock a VM for an operation, and its devices for `attach`."""
    async with call.current_operation("VM", vm, op):
        record = call.db.get("VM", vm)
        devices = [(cls, ref, "attach") for cls in classes for ref in record[f"{cls}s"]]
        async with _devices(call, devices):
            yield


@asynccontextmanager
async def disk(call: Call, vdi: str, op: str) -> AsyncIterator[None]:
    """Lock a disk and, except for a copy, its repository."""
    sr = call.db.get("VDI", vdi)["SR"]
    if op in {"copy", "forget"} or not call.db.exists("SR", sr):
        async with call.current_operation("VDI", vdi, op):
            yield
    else:
        async with call.current_operation("VDI", vdi, op, also=[("SR", sr, f"vdi_{op}")]):
            yield


@asynccontextmanager
async def receiving_host(call: Call, host: str, op: str) -> AsyncIterator[None]:
    """Lock the target host of a VM; one that is evacuated or shut down refuses at once."""
    preconditions.check(call.db, "host", host, op)
    async with call.current_operation("host", host, op):
        yield


@asynccontextmanager
async def _devices(call: Call, operations: list[tuple[str, str, str]]) -> AsyncIterator[None]:
    if not operations:
        yield
        return
    first, *rest = operations
    async with call.current_operation(*first, also=rest):
        yield
