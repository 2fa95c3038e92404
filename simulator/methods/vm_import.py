"""VM.import: XenServer fetches a file itself (ocaml/xapi/xapi_vm.ml, import.ml)."""

from simulator import bundles, transfers
from simulator.call import Call
from simulator.methods import method


@method("VM.import")
async def import_from(call: Call, url: str, sr: str, full_restore: bool, _force: bool) -> list[str]:
    """Fetch a file and create its VM, with its disks in a repository; note the task in it."""
    call.db.get("SR", sr)
    bundle = bundles.read(await transfers.fetch(url))
    await call.work("VM.import")
    async with call.current_operation("SR", sr, "vdi_create"):
        vm = bundles.unpack(
            call.pool,
            bundle,
            place=lambda _drive: sr,
            network=bundles.by_bridge(call.db),
            restores=full_restore,
        )
    call.db.put_key("VM", vm, "other_config", "import_task", call.task)
    return [vm]
