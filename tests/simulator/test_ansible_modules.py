"""Ansible's modules for XenServer, unmodified, against the simulator.

These tests run where they are installed:

    python3 -m venv .cache/foreign_clients/ansible
    .cache/foreign_clients/ansible/bin/pip install ansible XenAPI
"""

import json
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.foreign_clients import CLIENTS, SECONDS, run_command

ANSIBLE = CLIENTS / "ansible/bin"

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
        out = run_command(command, tmp_path, HOME=str(tmp_path), ANSIBLE_HOME=str(tmp_path))
        changed, _, answer = out.partition(" => ")
        assert changed.split(" | ")[-1] in {"SUCCESS", "CHANGED"}, out
        return dict(json.loads(answer)["instance"])

    return run


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
