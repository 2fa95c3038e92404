"""Object locks that belong together: a VM and its devices, a disk and its repository."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from simulator import preconditions
from simulator.call import Call
from simulator.errors import Failure


@asynccontextmanager
async def vm_and_devices(
    call: Call, vm: str, op: str, classes: Iterable[str] = ("VBD", "VIF")
) -> AsyncIterator[None]:
    """Lock a VM for an operation, and its devices for `attach`."""
    async with call.current_operation("VM", vm, op), devices(call, vm, classes):
        yield


@asynccontextmanager
async def devices(
    call: Call, vm: str, classes: Iterable[str] = ("VBD", "VIF")
) -> AsyncIterator[None]:
    """Lock the devices of a locked VM for `attach`: drives may be waited for, interfaces not."""
    async with contextlib.AsyncExitStack() as held:
        for cls in classes:
            attach = [(cls, ref, "attach") for ref in call.db.get("VM", vm)[f"{cls}s"]]
            if cls == "VIF":
                _assert_free(call, attach)
            if attach:
                await held.enter_async_context(call.current_operation(*attach[0], also=attach[1:]))
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


def _assert_free(call: Call, operations: Iterable[tuple[str, str, str]]) -> None:
    for cls, ref, op in operations:
        try:
            preconditions.check(call.db, cls, ref, op)
        except Failure:
            raise Failure("OPERATION_NOT_ALLOWED", "Failed to lock all VIFs") from None
