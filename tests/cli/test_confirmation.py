"""Before something is destroyed a person reads what will be lost, in the words of the command."""

import io
import shlex
import sys
from typing import Any

import pytest

from cli import catalogue_index, command_words, confirmation, losses
from cli.catalogue_index import Entry
from cli.exit_codes import CommandFailed
from tests.cli.conftest import Run

FLOW = "flow.destroy_vm_and_disks"


class Terminal(io.StringIO):
    """A terminal at which somebody has typed."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def entry(name: str) -> Entry:
    return catalogue_index.load().find(name)


@pytest.mark.parametrize(
    ("name", "fields", "loss"),
    [
        (FLOW, {}, "VM shop01 will be lost; its disks stay"),
        (
            FLOW,
            {"delete_disks": False, "keep_disks": ["a"]},
            "VM shop01 will be lost; its disks stay",
        ),
        (FLOW, {"delete_disks": True}, "VM shop01, its disks and its snapshots will be lost"),
        (
            FLOW,
            {"delete_disks": True, "delete_shared_disks": True},
            "VM shop01, its disks and its snapshots will be lost, disks that other VMs use too",
        ),
        (
            FLOW,
            {"delete_disks": True, "snapshots": "keep", "keep_disks": ["data"]},
            "VM shop01 and its disks will be lost; data, snapshots stay",
        ),
        ("vdi.destroy", {"vdi": "old"}, "disk old and all its data will be lost"),
        ("network.destroy", {"network": "lan"}, "network lan will be lost"),
        (
            "network.destroy",
            {"network": "l", "remove_vlans": True},
            "network l and its VLANs will be lost",
        ),
        (
            "vm.destroy_snapshot",
            {"snapshot": "s"},
            "snapshot s and its disks will be lost; its VM stays",
        ),
        (
            "vm.destroy_snapshot",
            {"snapshot": "s", "keep_disks": True},
            "snapshot s will be lost; its disks and its VM stay",
        ),
        ("vm.revert", {"snapshot": "s"}, "what the VM wrote since snapshot s will be lost"),
    ],
)
def test_what_is_lost_depends_on_the_message(name: str, fields: dict[str, Any], loss: str) -> None:
    assert losses.of(entry(name), {"vm": "shop01", **fields}) == loss


def test_every_operation_that_destroys_says_what_is_lost() -> None:
    listed = [one for one in catalogue_index.load().listed() if one.destroys]

    assert len(listed) > 5
    assert [one.name for one in listed if not losses.is_known(one)] == []


@pytest.mark.parametrize(
    ("name", "fields", "command"),
    [
        (
            FLOW,
            {"vm": "a b", "keep_disks": ["c", "d"], "timeout": 90.0},
            "xenflow flow destroy-vm-and-disks 'a b' --keep-disks c --keep-disks d --timeout 90s",
        ),
        (
            "vm.start",
            {"vm": "web01", "cancel_on_timeout": False, "async": True, "target": "lab"},
            "xenflow vm start web01 --async --target lab --no-cancel-on-timeout",
        ),
        ("vm.find", {"name": "web", "password": "x"}, "xenflow vm find web"),
        (
            "network.create",
            {"name": "lan", "other_config": {"a": "1"}, "tags": ["t"]},
            "xenflow network create lan --tags t --other-config a=1",
        ),
    ],
)
def test_a_message_is_written_as_its_command(
    name: str, fields: dict[str, Any], command: str, run: Run
) -> None:
    """It can be run as it is written."""
    written = command_words.command(entry(name), fields)

    assert sorted(shlex.split(written)) == sorted(shlex.split(command))
    assert run(*shlex.split(written)[1:], "--dry-run").code == 0


def test_nobody_is_asked_without_a_terminal(run: Run, nowhere: str) -> None:
    """The next step is the whole command."""
    words = ("flow", "destroy-vm-and-disks", "shop01", "--delete-disks")

    reply = run(*words, XENFLOW_REDIS_URL=nowhere)

    assert reply.code == 2
    assert "VM shop01, its disks and its snapshots will be lost" in reply.err
    assert f"Next: xenflow {shlex.join(words)} --yes" in reply.err


def test_who_says_no_is_given_no_next_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer was meant."""
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))

    with pytest.raises(CommandFailed) as refused:
        confirmation.confirm(
            "disk old will be lost",
            command="xenflow vdi destroy old",
            refused="nothing was sent",
            yes=False,
        )

    assert refused.value.failure.lines() == ["xenflow: nothing was sent"]
    asked = capsys.readouterr().err
    assert asked.startswith("Disk old will be lost.\nxenflow vdi destroy old? [y/N]")
