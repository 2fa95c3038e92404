"""A VM that goes to another pool: what the source sends, and what the destination makes of it.

The disks go first, then the metadata, by `PUT /import_metadata`; at last the source destroys its
own. Here metadata and disks go in one request. (ocaml/xapi/xapi_vm_migrate.ml, importexport.ml)
"""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any, NamedTuple

from simulator import bundles, copies, domains, images, machines, placement, transfers
from simulator.call import Call
from simulator.errors import Failure
from simulator.pool import Pool

Strings = dict[str, str]


class Sending(NamedTuple):
    """What the messages that send a VM have in common, in wire order."""

    vm: str
    dest: Strings
    live: bool
    vdi_map: Strings
    vif_map: Strings
    options: Strings
    vgpu_map: Strings | None = None


def assert_possible(call: Call, asked: Sending) -> None:
    """Refuse what the source can see to fail: an incomplete map, a copy of a live VM."""
    record = call.db.get("VM", asked.vm)
    if _copies(asked.options) and record["power_state"] != "Halted":
        raise Failure("VM_BAD_POWER_STATE", asked.vm, "halted", record["power_state"].lower())
    for disk in copies.disks_of(call.db, asked.vm):
        if disk not in asked.vdi_map:
            raise Failure("VDI_NOT_IN_MAP", disk)
    for vif in record["VIFs"]:
        if vif not in asked.vif_map:
            raise Failure("VIF_NOT_IN_MAP", vif)


async def send(call: Call, asked: Sending) -> str:
    """Send a VM with its disks to a host of another pool; return its reference there."""
    assert_possible(call, asked)
    await call.work("VM.migrate_send")
    order = {
        **bundles.pack(call.db, asked.vm),
        "state": call.db.get("VM", asked.vm)["power_state"],
        "host": asked.dest["host"],
        "vdi_map": asked.vdi_map,
        "vif_map": asked.vif_map,
        "restores": not _copies(asked.options),
    }
    made = await _hand_over(asked.dest, order)
    if not _copies(asked.options):
        _leave(call.pool, asked.vm)
    return made


def _copies(options: Strings) -> bool:
    return options.get("copy") == "true"


async def _hand_over(dest: Strings, order: Mapping[str, Any]) -> str:
    url = f"{dest['master']}import_metadata?session_id={dest['session_id']}"
    body = json.dumps(order).encode()
    request = urllib.request.Request(url, body, method="PUT")  # noqa: S310 - a pool's address
    answer = json.loads(await transfers.send(request, "CANNOT_CONTACT_HOST"))
    if "error" in answer:
        raise Failure(*answer["error"])
    return str(answer["vm"])


def _leave(pool: Pool, vm: str) -> None:
    """Destroy what is left of a VM at the source: its disks, and its snapshots with theirs."""
    record = pool.db.get("VM", vm)
    if record["power_state"] != "Halted":
        domains.halt(pool, vm)
    for ref in [vm, *record["snapshots"]]:
        held = copies.disks_of(pool.db, ref)
        machines.drop_vm(pool.db, ref)
        copies.drop_disks(pool.db, held)
    copies.drop_disks(pool.db, [record["suspend_VDI"]])


def receive(pool: Pool, query: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Create the VM that another pool sends (`PUT /import_metadata`)."""
    transfers.admit(pool, query, headers)
    try:
        answer: dict[str, Any] = {"vm": _receive(pool, json.loads(body))}
    except Failure as refusal:
        answer = {"error": refusal.description()}
    return json.dumps(answer).encode()


def _receive(pool: Pool, order: Mapping[str, Any]) -> str:
    placement.assert_up(pool.db, order["host"])
    for sr in order["vdi_map"].values():
        pool.db.get("SR", sr)
        if not placement.sees_storage(pool.db, order["host"], sr):
            raise Failure("SR_NOT_ATTACHED", sr)
    for network in order["vif_map"].values():
        pool.db.get("network", network)
    vm = bundles.unpack(
        pool,
        dict(order),
        place=lambda drive: str(order["vdi_map"][drive["VDI"]]),
        network=lambda vif: str(order["vif_map"][vif["ref"]]),
        restores=order["restores"],
    )
    try:
        _resume(pool, vm, order)
    except Failure:
        _leave(pool, vm)
        raise
    return vm


def _resume(pool: Pool, vm: str, order: Mapping[str, Any]) -> None:
    """Bring a VM into the state that it had at the source."""
    match order["state"]:
        case "Running":
            placement.assert_suits(pool.db, vm, order["host"])
            domains.prepare(pool, vm, order["host"])
            domains.bring_up(pool, vm, order["host"], paused=False)
        case "Suspended":
            copies.show_suspended(pool.db, vm, images.create(pool, vm))
