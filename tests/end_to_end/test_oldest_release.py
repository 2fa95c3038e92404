"""Flows on a XenServer 5.0: by XML-RPC, without long polls."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.app import app_or_default

from simulator.server import Options, Served, serve_in_thread
from tests.stack import TIMEOUT
from workers import app as application
from workers.local_stack.stack import Stack
from workers.local_stack.supervisor import Supervisor
from xenserver import errors

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("oldest release")]  # they share a stack
PROFILE = '[default]\nurl = "{url}"\nuser = "root"\npassword_file = "pw"\ntransport = "xml-rpc"\n'
NFS = "NFS virtual disk storage"
UNCONFIGURED = "flow.create_vm_from_unconfigured_template"
EVERYTHING: dict[str, Any] = {
    "template": "blank",
    "disks": [{"size": "1 GiB"}],
    "cd": "debian-12.iso",
    "networks": [{"network": "lab"}],
    "sr": NFS,
}


class Old:
    """A stack whose pool is old, and that pool's database."""

    def __init__(self, stack: Stack, served: Served) -> None:
        self.app = application.create(stack.settings)
        self.db = served.pool.db

    def do(self, name: str, /, **fields: object) -> dict[str, Any]:
        """Send a message and return its answer."""
        return dict(self.app.send_task(name, kwargs=fields).get(timeout=TIMEOUT))

    def vm(self, name: str) -> dict[str, Any]:
        """Return the record of a VM."""
        [ref] = self.db.where("VM", name_label=name)
        return self.db.get("VM", ref)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:
    """Run a worker and a poller on a pool of 5.0."""
    folder, previous = tmp_path_factory.mktemp("old"), app_or_default()
    options = Options(control=True, speed=20.0, release="5.0")
    with Supervisor(folder) as supervisor, serve_in_thread(options) as served:
        stack = Stack(supervisor)
        stack.valkey()
        stack.choose(targets=str(_profile(folder, served.url)))
        stack.worker()
        stack.poller()
        running = Old(stack, served)
        running.app.set_current()
        yield running
        running.app.close()
        previous.set_current()


def _profile(folder: Path, url: str) -> Path:
    password, profile = folder / "pw", folder / "targets.toml"
    password.touch(mode=0o600)
    password.write_text("xenflow\n", encoding="utf-8")
    profile.write_text(PROFILE.format(url=url), encoding="utf-8")
    return profile


def test_a_vm_lives_and_dies(old: Old) -> None:
    made = old.do("flow.create_vm_from_configured_template", template="deb12", name="old1")
    assert old.vm("old1")["power_state"] == made["power_state"] == "Running"

    old.do(
        "flow.setup_disk_or_cd",
        vm="old1",
        vdi_type="user",
        new_disk_name="data",
        disk_size="1 GiB",
        storage_repository=NFS,
    )
    old.do("flow.setup_network_devices", vm="old1", network="lab")
    old.do("flow.assign_vms_to_network", vms=["old1"], network="lab")
    assert (len(old.vm("old1")["VBDs"]), len(old.vm("old1")["VIFs"])) == (2, 3)

    old.do("flow.destroy_vm_and_disks", vm="old1", shutdown="force", delete_disks=True)
    assert old.db.where("VM", name_label="old1") == []
    assert old.db.where("VDI", name_label="data") == []


def test_a_vm_is_built_from_nothing(old: Old) -> None:
    old.do(UNCONFIGURED, name="old2", **EVERYTHING)

    vm = old.vm("old2")
    assert (vm["power_state"], len(vm["VBDs"]), len(vm["VIFs"])) == ("Running", 2, 1)


def test_what_the_server_cannot_set_is_named(old: Old) -> None:
    """Releases before 5.6 cannot set all limits of the memory; nothing is left."""
    with pytest.raises(errors.Refused, match=r"does not know VM\.set_\w+; it may be too old"):
        old.do(UNCONFIGURED, name="old4", **EVERYTHING, memory="512 MiB")

    assert old.db.where("VM", name_label="old4") == []


def test_processors_are_set_by_plain_setters(old: Old) -> None:
    """They were fields before they had messages with checks."""
    old.do(UNCONFIGURED, name="old6", **EVERYTHING, vcpus=2)

    assert old.vm("old6")["VCPUs_max"] == 2


def test_vms_are_listed_and_tasks_followed(old: Old) -> None:
    """By reading, for there is nothing else."""
    listed = old.do("flow.find_list_of_vms", name="web01")
    assert [vm["name_label"] for vm in listed["vms"]] == ["web01"]

    begun = old.do("xenserver.vm.reboot", vm="web01", force=True, run_async=True)
    ended = old.do("flow.check_for_task_success", task=begun["task"]["uuid"])

    assert ended["task"]["status"] == "success"


def test_an_address_is_waited_for(old: Old) -> None:
    """The guest's report is read."""
    made = old.do(
        "flow.create_vm_from_configured_template", template="deb12", name="old3", wait_for="ip"
    )

    assert made["addresses"]["0/ip"]
