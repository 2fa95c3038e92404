"""What users have today: a plain Celery application whose tasks are a few XenAPI calls each.

Acknowledged late, rejected when a worker is lost, network errors retried; and no journal. The
visibility timeout is as short as that of the product, else a lost message waited for an hour.
"""

import os
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import XenAPI
from celery import Celery

URL = os.environ["XENFLOW_REDIS_URL"]
RETRIED = (OSError, XenAPI.Failure)

app = Celery("plain", broker=URL, backend=URL)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={
        "visibility_timeout": int(os.environ.get("XENFLOW_VISIBILITY_TIMEOUT", "15"))
    },
    broker_connection_retry_on_startup=True,
    task_default_queue="change",
    task_queues={name: {} for name in ("change", "find", "celery")},
)

Session = Any  # XenAPI's own client is without types
Body = Callable[..., Any]


def _task(name: str) -> Callable[[Body], Body]:
    """Return a decorator that makes a function of a session and fields a task of that name."""

    def declare(body: Body) -> Body:
        def run(**fields: Any) -> Any:
            session = _login()
            try:
                return body(session.xenapi, **fields)
            finally:
                session.xenapi.session.logout()

        retries: Any = {"max_retries": 8, "retry_backoff": 1, "retry_backoff_max": 10}
        declared: Any = app.task(name=name, autoretry_for=RETRIED, **retries)
        declared(run)
        return body

    return declare


def _login() -> Session:
    path = Path(os.environ["XENFLOW_TARGETS"])
    session = XenAPI.Session(tomllib.loads(path.read_text(encoding="utf-8"))["default"]["url"])
    session.login_with_password("root", "xenflow", "1.0", "plain")
    return session


class Missing(LookupError):
    """No object, or more than one, has a name."""


def _one(found: Sequence[str], name: str) -> str:
    if len(found) != 1:
        raise Missing(f"{len(found)} objects are called {name}")
    return found[0]


def _vm(xen: Session, name: str) -> str:
    return _one(xen.VM.get_by_name_label(name), name)


def _sr(xen: Session, name: str) -> str:
    return _one(xen.SR.get_by_name_label(name), name)


@_task("xenserver.vm.clone")
def clone(xen: Session, vm: str, name: str) -> str:
    """Clone a VM."""
    return str(xen.VM.clone(_vm(xen, vm), name))


@_task("xenserver.vm.copy")
def copy(xen: Session, vm: str, name: str, sr: str) -> str:
    """Copy a VM in full."""
    return str(xen.VM.copy(_vm(xen, vm), name, _sr(xen, sr)))


@_task("xenserver.vm.install")
def install(xen: Session, template: str, name: str) -> str:
    """Make a VM of a template."""
    made = clone(xen, template, name)
    xen.VM.provision(made)
    return str(made)


@_task("xenserver.vm.snapshot")
def snapshot(xen: Session, vm: str, name: str) -> str:
    """Make a snapshot."""
    return str(xen.VM.snapshot(_vm(xen, vm), name))


@_task("xenserver.vm.start")
def start(xen: Session, vm: str) -> None:
    """Start a VM."""
    xen.VM.start(_vm(xen, vm), False, False)  # noqa: FBT003 - in wire order


@_task("xenserver.vm.shutdown")
def shutdown(xen: Session, vm: str, *, force: bool) -> None:
    """Halt a VM."""
    machine = _vm(xen, vm)
    (xen.VM.hard_shutdown if force else xen.VM.clean_shutdown)(machine)


@_task("xenserver.vm.reboot")
def reboot(xen: Session, vm: str) -> None:
    """Reboot a VM."""
    xen.VM.clean_reboot(_vm(xen, vm))


@_task("xenserver.vm.destroy")
def destroy(xen: Session, vm: str) -> None:
    """Destroy a VM."""
    xen.VM.destroy(_vm(xen, vm))


@_task("xenserver.vdi.create")
def create_vdi(xen: Session, name: str, sr: str, size: int, kind: str = "user") -> str:
    """Make a disk."""
    record = {"name_label": name, "SR": _sr(xen, sr), "virtual_size": str(size), "type": kind}
    flags = {"sharable": False, "read_only": False, "other_config": {}}
    return str(xen.VDI.create({**record, **flags}))


@_task("xenserver.vdi.destroy")
def destroy_vdi(xen: Session, vdi: str) -> None:
    """Destroy a disk."""
    xen.VDI.destroy(_one(xen.VDI.get_by_name_label(vdi), vdi))


@_task("xenserver.vbd.create")
def create_vbd(xen: Session, vm: str, vdi: str) -> str:
    """Attach a disk."""
    disk = _one(xen.VDI.get_by_name_label(vdi), vdi)
    return _attach(xen, _vm(xen, vm), disk)


def _attach(xen: Session, machine: str, disk: str) -> str:
    record = {
        "VM": machine,
        "VDI": disk,
        "userdevice": xen.VM.get_allowed_VBD_devices(machine)[0],
        "bootable": False,
        "mode": "RW",
        "type": "Disk",
        "empty": False,
        "other_config": {},
        "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    }
    return str(xen.VBD.create(record))


@_task("xenserver.vif.create")
@_task("flow.setup_network_devices")
def create_vif(xen: Session, vm: str, network: str) -> str:
    """Add an interface to a VM."""
    machine = _vm(xen, vm)
    record = {
        "VM": machine,
        "network": _one(xen.network.get_by_name_label(network), network),
        "device": xen.VM.get_allowed_VIF_devices(machine)[0],
        "MAC": "",
        "MTU": "1500",
        "other_config": {},
        "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    }
    return str(xen.VIF.create(record))


@_task("xenserver.network.create")
def create_network(xen: Session, name: str) -> str:
    """Make a private network."""
    return str(xen.network.create({"name_label": name, "MTU": "1500", "other_config": {}}))


@_task("xenserver.vm.find")
@_task("flow.find_list_of_vms")
def find(xen: Session, name: str) -> list[str]:
    """Find VMs by name."""
    return list(xen.VM.get_by_name_label(name))


@_task("xenserver.host.find")
def find_hosts(xen: Session) -> list[str]:
    """Find all hosts."""
    return list(xen.host.get_all())


@_task("flow.create_vm_from_configured_template")
def create_vm(xen: Session, template: str, name: str) -> str:
    """Make a VM and start it."""
    made = install(xen, template, name)
    xen.VM.start(made, False, False)  # noqa: FBT003 - in wire order
    return str(made)


@_task("flow.create_vm_from_unconfigured_template")
def build_vm(xen: Session, template: str, name: str, cd: str = "", **parts: Any) -> str:
    """Make a VM with disks and interfaces."""
    made = install(xen, template, name)
    if cd:
        _attach(xen, made, _one(xen.VDI.get_by_name_label(cd), cd))
    for number, disk in enumerate(parts.get("disks", ())):
        made_disk = create_vdi(xen, f"{name} disk {number}", parts["sr"], disk["size"])
        _attach(xen, made, made_disk)
    for wanted in parts.get("networks", ()):
        create_vif(xen, name, wanted["network"])
    return str(made)


@_task("flow.destroy_vm_and_disks")
def destroy_all(xen: Session, vm: str, **_: Any) -> None:
    """Destroy a VM and its disks."""
    machine = _vm(xen, vm)
    disks = [xen.VBD.get_VDI(drive) for drive in xen.VM.get_VBDs(machine)]
    if xen.VM.get_power_state(machine) != "Halted":
        xen.VM.hard_shutdown(machine)
    xen.VM.destroy(machine)
    for disk in disks:
        xen.VDI.destroy(disk)


@_task("flow.setup_disk_or_cd")
def setup_disk(xen: Session, vm: str, new_disk_name: str, **disk: Any) -> str:
    """Add a new disk to a VM."""
    made = create_vdi(xen, new_disk_name, disk["storage_repository"], disk["disk_size"])
    return _attach(xen, _vm(xen, vm), made)


@_task("flow.assign_vms_to_network")
def assign(xen: Session, vms: list[str], network: str) -> list[str]:
    """Add an interface to each VM."""
    return [create_vif(xen, vm, network) for vm in vms]


@_task("flow.check_for_task_success")
def check_task(xen: Session, task: str) -> str:
    """Return how a XenServer task stands."""
    return str(xen.task.get_status(xen.task.get_by_uuid(task)))
