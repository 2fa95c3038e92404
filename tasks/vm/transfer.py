"""VMs in files: imported by XenServer from a URL, exported for a client to download."""

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from config import masking, queues
from tasks import storage_choice
from tasks.engine.declaration.answers import Answer, NameLabel
from tasks.engine.declaration.field_types import Label, SrName, VmTemplateOrSnapshotName
from tasks.engine.declaration.operation import Steps, operation
from tasks.vm.copies import DISCARD_WITH_DISKS
from xenserver import errors
from xenserver.client import Xen

_SECRETS = ("password", "secret", "session_id", "sig", "signature", "token")


def _public(url: str) -> str:
    """Refuse a URL that XenServer cannot fetch, or that has a secret in it."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("has an account in it; messages are kept as they are, secrets and all")
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if masking.is_secret(name) or name.lower().endswith(_SECRETS):
            problem = f"has the secret {name} in it; messages are kept as they are, secrets and all"
            raise ValueError(problem)
    return url


Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2048),
    AfterValidator(_public),
    Field(
        description="the http or https URL from which XenServer fetches the file, without a secret"
    ),
]
Restores = Annotated[
    bool, Field(description="restore the same VM, not a copy: keep its UUID and MAC addresses")
]
Forces = Annotated[bool, Field(description="skip checks, such as disk checksums")]
Compressed = Annotated[bool, Field(description="have XenServer compress the file")]


class Imported(Answer):
    """A VM was imported; `return_result` is its UUID."""

    uuid: str = Field(description="the VM")
    name_label: NameLabel
    vms: list[str] = Field(description="all that the file contained: the VM and its snapshots")


class Export(Answer):
    """Where a client with an account on the pool can download a VM as a file."""

    uuid: str = Field(description="the VM")
    url: str = Field(description="for a GET with an account of the pool; contains no secret")


@operation(undo=DISCARD_WITH_DISKS)
def import_from_url(
    xen: Xen,
    *,
    url: Url,
    sr: SrName = storage_choice.DEFAULT,
    name: Label | None = None,
    full_restore: Restores = False,
    force: Forces = False,
) -> Steps[Imported]:
    """Have XenServer fetch an exported VM (XVA) from a URL; no byte of it passes through a worker.

    XenServer must reach the URL, which may be a web server that only it sees. A lost import is not
    repeated: a VM that was half imported when a toolstack restarted looks like a whole one.
    """
    where = storage_choice.choose(xen, sr)
    made = yield getattr(xen.Async.VM, "import")(url, where, full_restore, force)
    records = {ref: xen.VM.get_record(ref) for ref in made}
    if not records:
        raise errors.from_api("XENFLOW_VANISHED", ["VM.import"])
    machine = next((r for r, one in records.items() if not one["is_a_snapshot"]), made[0])
    if name is not None:
        xen.VM.set_name_label(machine, name)
    record = records[machine]
    return Imported(
        return_result=record["uuid"],
        uuid=record["uuid"],
        name_label=name or record["name_label"],
        vms=[one["uuid"] for one in records.values()],
    )


@operation(queue=queues.FIND)
def export_url(xen: Xen, *, vm: VmTemplateOrSnapshotName, compress: Compressed = False) -> Export:
    """Return the URL of a halted or suspended VM as a file (XVA), for a client to fetch.

    XenServer does not send a VM anywhere: a client downloads it, with its own account
    (`curl -u NAME`). A session would let anyone in who sees the answer, so none is in it.
    """
    machine = xen.find.vm_template_or_snapshot(vm)
    state = xen.VM.get_power_state(machine)
    if state not in {"Halted", "Suspended"}:
        raise errors.from_api(
            "VM_BAD_POWER_STATE", [machine.ref, "halted, suspended", state.lower()]
        )
    [pool] = xen.search.pool(fields=("master",))
    address = xen.host.get_address(xen.find.host(str(pool["master"])))
    host = f"[{address}]" if ":" in address else address
    query = f"uuid={machine.uuid}" + ("&use_compression=true" if compress else "")
    return Export(
        return_result=f"https://{host}/export?{query}",
        uuid=machine.uuid,
        url=f"https://{host}/export?{query}",
    )
