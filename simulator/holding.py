"""The objects that a verb holds together: a VM and its devices, a disk and its repository."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from simulator import gates
from simulator.call import Call


@asynccontextmanager
async def vm_and_devices(
    call: Call, vm: str, op: str, classes: Iterable[str] = ("VBD", "VIF")
) -> AsyncIterator[None]:
    """Hold a VM for an operation, its devices being attached meanwhile."""
    async with call.marking("VM", vm, op):
        record = call.db.get("VM", vm)
        devices = [(cls, ref, "attach") for cls in classes for ref in record[f"{cls}s"]]
        async with _all(call, devices):
            yield


@asynccontextmanager
async def disk(call: Call, vdi: str, op: str) -> AsyncIterator[None]:
    """Hold a disk and, for all but a copy, its repository, which does one thing at a time."""
    sr = call.db.get("VDI", vdi)["SR"]
    if op in {"copy", "forget"} or not call.db.exists("SR", sr):
        async with call.marking("VDI", vdi, op):
            yield
    else:
        async with call.marking("VDI", vdi, op, also=[("SR", sr, f"vdi_{op}")]):
            yield


@asynccontextmanager
async def receiving_host(call: Call, host: str, op: str) -> AsyncIterator[None]:
    """Hold a host that is to receive a VM; one being emptied or taken down refuses at once."""
    gates.check(call.db, "host", host, op)
    async with call.marking("host", host, op):
        yield


@asynccontextmanager
async def _all(call: Call, marks: list[tuple[str, str, str]]) -> AsyncIterator[None]:
    if not marks:
        yield
        return
    first, *rest = marks
    async with call.marking(*first, also=rest):
        yield
