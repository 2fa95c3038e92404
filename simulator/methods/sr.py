"""Methods of storage repositories (ocaml/xapi/xapi_sr.ml)."""

from simulator import preconditions
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules import storage
from simulator.rules.view import records

_UNKNOWN_SIZE = -1
_DEFAULT_SIZE = 1 << 40


@method("SR.create")
async def create(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call,
    host: str,
    device_config: dict[str, str],
    physical_size: int,
    name_label: str,
    name_description: str,
    type: str,  # noqa: A002 - XenServer's word
    content_type: str,
    shared: bool = False,  # noqa: FBT002 - in wire order
    sm_config: dict[str, str] | None = None,
) -> str:
    """Create a repository, attached to its host, or to all hosts if it is shared."""
    call.db.get("host", host)
    _assert_known(type.lower())
    await call.work("SR.create")
    sr = call.db.create(
        "SR",
        name_label=name_label,
        name_description=name_description,
        type=type.lower(),
        content_type=content_type,
        shared=shared,
        sm_config=sm_config or {},
        physical_size=physical_size or _DEFAULT_SIZE,
    )
    for each in call.db.refs("host") if shared else [host]:
        call.db.create(
            "PBD", host=each, SR=sr, device_config=device_config, currently_attached=True
        )
    preconditions.refresh(call.db, "SR", sr)
    return sr


@method("SR.introduce")
async def introduce(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call,
    uuid: str,
    name_label: str,
    name_description: str,
    type: str,  # noqa: A002 - XenServer's word
    content_type: str,
    shared: bool = False,  # noqa: FBT002 - in wire order
    sm_config: dict[str, str] | None = None,
) -> str:
    """Introduce an existing repository; its size is unknown until it is attached."""
    _assert_known(type.lower())
    if call.db.where("SR", uuid=uuid):
        raise Failure("SR_UUID_EXISTS", uuid)
    sr = call.db.create(
        "SR",
        uuid=uuid,
        name_label=name_label,
        name_description=name_description,
        type=type.lower(),
        content_type=content_type,
        shared=shared,
        sm_config=sm_config or {},
        physical_size=_UNKNOWN_SIZE,
        physical_utilisation=_UNKNOWN_SIZE,
    )
    preconditions.refresh(call.db, "SR", sr)
    return sr


@method("SR.scan")
async def scan(call: Call, sr: str) -> None:
    """Compare the database with the back end and update sizes."""
    async with call.current_operation("SR", sr, "scan"):
        await call.work("SR.scan")
        images = [image for _, image in records(call.db, "VDI", call.db.get("SR", sr)["VDIs"])]
        promised = sum(image["virtual_size"] for image in images if not image["is_a_snapshot"])
        call.db.put("SR", sr, virtual_allocation=promised)


@method("SR.destroy")
async def destroy(call: Call, sr: str) -> None:
    """Delete an empty, detached repository."""
    async with call.current_operation("SR", sr, "destroy"):
        _assert_destructible(call, sr)
        await call.work("SR.destroy")
        drop(call, sr)


@method("SR.forget")
async def forget(call: Call, sr: str) -> None:
    """Remove a detached repository from the database; its content stays."""
    async with call.current_operation("SR", sr, "forget"):
        drop(call, sr)


@method("SR.update")
async def update(call: Call, sr: str) -> None:
    """Ask the back end for the sizes of a repository."""
    async with call.current_operation("SR", sr, "update"):
        await call.work("SR.update")


@method("SR.get_supported_types")
async def get_supported_types(_call: Call) -> list[str]:
    """List the types of repositories that the pool has drivers for."""
    return list(storage.ABILITIES)


@method("SR.set_name_label")
async def set_name_label(call: Call, sr: str, value: str) -> None:
    """Name a repository."""
    call.db.put("SR", sr, name_label=value)


@method("SR.set_name_description")
async def set_name_description(call: Call, sr: str, value: str) -> None:
    """Describe a repository."""
    call.db.put("SR", sr, name_description=value)


@method("SR.set_shared")
async def set_shared(call: Call, sr: str, value: bool) -> None:
    """Set whether all hosts may attach a repository."""
    if not value and len(call.db.get("SR", sr)["PBDs"]) > 1:
        raise Failure("SR_HAS_MULTIPLE_PBDS", *call.db.get("SR", sr)["PBDs"])
    call.db.put("SR", sr, shared=value)


@method("SR.set_physical_size")
async def set_physical_size(call: Call, sr: str, _value: int) -> None:
    """Refuse: only storage back ends decide that."""
    call.db.get("SR", sr)
    raise Failure("PERMISSION_DENIED", "")


def _assert_known(kind: str) -> None:
    if kind not in storage.ABILITIES:
        raise Failure("SR_UNKNOWN_DRIVER", kind)


def _assert_destructible(call: Call, sr: str) -> None:
    if call.db.get("SR", sr)["other_config"].get("indestructible") == "true":
        raise Failure("SR_INDESTRUCTIBLE", sr)


def drop(call: Call, sr: str) -> None:
    """Delete the records of a repository, its disks and its PBDs."""
    record = call.db.get("SR", sr)
    for cls, refs in (("VDI", record["VDIs"]), ("PBD", record["PBDs"])):
        for ref in list(refs):
            call.db.destroy(cls, ref)
    call.db.destroy("SR", sr)
