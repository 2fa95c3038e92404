"""Methods that change which hosts are in the pool, and which one leads it (xapi_pool.ml)."""

from simulator import evacuation, failover, placement
from simulator.call import Call
from simulator.errors import Failure, internal
from simulator.methods import method, pbd
from simulator.methods.host import HANDOVER, remove
from simulator.methods.sr import drop
from simulator.rules.view import records


@method("pool.join")
async def join(call: Call, address: str, username: str, password: str) -> None:
    """Refuse to join another pool, which no simulated host can reach."""
    del address, username, password
    await call.work("pool.join")
    raise Failure("POOL_JOINING_HOST_CONNECTION_FAILED")


@method("pool.join_force")
async def join_force(call: Call, address: str, username: str, password: str) -> None:
    """Refuse to join another pool, which no simulated host can reach."""
    await join(call, address, username, password)


@method("pool.eject")
async def eject(call: Call, host: str) -> None:
    """Remove a live member from the pool, and the repositories that only it has."""
    call.db.get("host", host)
    if not placement.is_live(call.db, host):
        raise Failure("HOST_OFFLINE", host)
    failover.assert_off(call.db)
    if host == call.pool.coordinator:
        raise internal("Xapi_pool.Cannot_eject_master")
    for vm in evacuation.guests_of(call.db, host):
        if call.db.get("VM", vm)["power_state"] != "Halted":
            raise Failure("OPERATION_NOT_ALLOWED", "VM resident on host")
    await call.work("pool.eject")
    await _forget_storage(call, host)
    remove(call, host)


@method("pool.designate_new_master")
async def designate_new_master(call: Call, host: str) -> None:
    """Make a member the coordinator, which restarts the toolstack soon after the answer."""
    address = call.db.get("host", host)["address"]
    if not placement.is_live(call.db, host):
        raise Failure("HOST_OFFLINE", host)
    if host == call.pool.coordinator:
        return
    failover.assert_off(call.db)
    await call.work("pool.designate_new_master")
    after = call.pool.clock.timer(call.pool.duration(HANDOVER))
    after.add_done_callback(lambda _: call.pool.hand_over(address))


@method("pool.emergency_transition_to_master")
async def emergency_transition_to_master(call: Call) -> None:
    """Make this host the coordinator: who answers is it already."""
    failover.assert_off(call.db)


@method("pool.rotate_secret")
async def rotate_secret(call: Call) -> None:
    """Change the secret that the hosts share."""
    failover.assert_off(call.db)
    for host in call.db.refs("host"):
        if not placement.is_live(call.db, host):
            raise Failure("CANNOT_CONTACT_HOST", host)


async def _forget_storage(call: Call, host: str) -> None:
    """Detach a host from its repositories, and forget those that no other host has."""
    for ref, connection in records(call.db, "PBD", list(call.db.get("host", host)["PBDs"])):
        sr = connection["SR"]
        await pbd.unplug(call, ref)
        if len(call.db.get("SR", sr)["PBDs"]) == 1:
            drop(call, sr)
