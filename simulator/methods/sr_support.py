"""Probes and assertions about storage repositories (ocaml/xapi/xapi_sr.ml)."""

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules import storage
from simulator.tables import Record


@method("SR.probe")
async def probe(
    call: Call,
    host: str,
    _device_config: dict[str, str],
    type: str,  # noqa: A002 - XenServer's word
    _sm_config: dict[str, str] | None = None,
) -> str:
    """Return what a device holds: no repository."""
    _assert_known(call, host, type)
    return '<?xml version="1.0" ?><SRlist></SRlist>'


@method("SR.probe_ext")
async def probe_ext(
    call: Call,
    host: str,
    _device_config: dict[str, str],
    type: str,  # noqa: A002 - XenServer's word
    _sm_config: dict[str, str] | None = None,
) -> list[Record]:
    """Return what a device holds: no repository."""
    _assert_known(call, host, type)
    return []


@method("SR.make")
async def make(_call: Call, *_: object) -> None:
    """Refuse: that was another way to create repositories."""
    raise Failure("MESSAGE_DEPRECATED")


@method("SR.assert_can_host_ha_statefile")
async def assert_can_host_ha_statefile(call: Call, sr: str) -> None:
    """Refuse a repository that cannot hold a state file of high availability."""
    _assert_holds_disks(call, sr)
    if not call.db.get("SR", sr)["shared"]:
        raise Failure("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", sr)


@method("SR.assert_supports_database_replication")
async def assert_supports_database_replication(call: Call, sr: str) -> None:
    """Refuse a repository that cannot hold a copy of the database."""
    _assert_holds_disks(call, sr)


def _assert_known(call: Call, host: str, kind: str) -> None:
    call.db.get("host", host)
    if kind.lower() not in storage.ABILITIES:
        raise Failure("SR_UNKNOWN_DRIVER", kind.lower())


def _assert_holds_disks(call: Call, sr: str) -> None:
    record = call.db.get("SR", sr)
    if not storage.is_plugged(call.db, record):
        raise Failure("SR_HAS_NO_PBDS", sr)
    if not storage.can(record, "vdi_create"):
        raise Failure("SR_OPERATION_NOT_SUPPORTED", sr)
