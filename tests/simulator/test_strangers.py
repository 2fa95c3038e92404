"""Clients that others wrote, unmodified, against the simulator: Xen Orchestra's and Ansible's.

They are too large for the development dependencies. These tests run where they are installed:

    npm install --prefix .cache/strangers xen-api
    python3 -m venv .cache/strangers/ansible
    .cache/strangers/ansible/bin/pip install ansible XenAPI
"""

import json
import os
import shutil
import subprocess
import urllib.parse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

STRANGERS = Path(__file__).parents[2] / ".cache/strangers"
XEN_API = STRANGERS / "node_modules/xen-api"
ANSIBLE = STRANGERS / "ansible/bin"
SECONDS = 120

needs_xen_api = pytest.mark.skipif(
    not (shutil.which("node") and XEN_API.is_dir()),
    reason=f"needs node, and npm's package xen-api in {XEN_API}",
)
needs_ansible = pytest.mark.skipif(
    not (ANSIBLE / "ansible").is_file(), reason=f"needs Ansible and XenAPI in {ANSIBLE.parent}"
)

Module = Callable[..., dict[str, Any]]


@pytest.fixture
def module(served: Any, tmp_path: Path) -> Module:
    """Return a function that runs a module of Ansible's collection `community.general`."""
    place = urllib.parse.urlsplit(served.url).netloc
    login = {"hostname": place, "username": "root", "password": "xenflow", "validate_certs": False}

    def run(module: str, /, **arguments: Any) -> dict[str, Any]:
        given = json.dumps({**login, **arguments})
        name = f"community.general.xenserver_{module}"
        command = [str(ANSIBLE / "ansible"), "localhost", "-m", name, "-a", given]
        out = _run(command, tmp_path, HOME=str(tmp_path), ANSIBLE_HOME=str(tmp_path))
        changed, _, answer = out.partition(" => ")
        assert changed.split(" | ")[-1] in {"SUCCESS", "CHANGED"}, out
        return dict(json.loads(answer)["instance"])

    return run


@needs_xen_api
@pytest.mark.parametrize("transport", ["json-rpc", "xml-rpc", "auto"])
def test_the_client_of_xen_orchestra_passes(served: Any, tmp_path: Path, transport: str) -> None:
    """It watches events, starts, takes a snapshot, makes a disk, and reads refusals."""
    script = Path(__file__).parent / "strangers/xen_api.mjs"

    out = _run(["node", str(script), str(XEN_API), served.url, transport], tmp_path)

    assert out == "done\n"


@needs_ansible
def test_the_modules_of_ansible_power_a_machine(module: Module) -> None:
    """The machine gets an address, and shuts down cleanly."""
    known = module("guest_info", name="web02")
    assert known["state"] == "poweredoff"

    on = {"state": "powered-on", "wait_for_ip_address": True, "state_change_timeout": SECONDS}
    running = module("guest_powerstate", name="web02", **on)
    assert (running["state"], bool(running["networks"][0]["ip"])) == ("poweredon", True)

    stopped = module("guest_powerstate", name="web02", state="shutdown-guest")
    assert stopped["state"] == "poweredoff"


@needs_ansible
def test_the_modules_of_ansible_deploy_a_machine(module: Module) -> None:
    """The machine comes from a template, starts, and is deleted with its disks."""
    made = module("guest", name="deployed", template="deb12", state="present")
    assert (made["state"], len(made["disks"])) == ("poweredoff", 1)

    assert module("guest", name="deployed", state="poweredon")["state"] == "poweredon"
    module("guest", name="deployed", state="absent", force=True)


def _run(command: Sequence[str], folder: Path, **variables: str) -> str:
    """Return what a command that must succeed prints."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
