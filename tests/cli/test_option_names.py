"""A refusal at the command line is in the words of the command line."""

import pytest

from cli import catalogue_index
from cli.option_names import in_options

SET_UP = "flow.setup_disk_or_cd"


@pytest.mark.parametrize(
    ("name", "text", "typed"),
    [
        (
            SET_UP,
            f"{SET_UP} failed: vdi_type: is missing; or all of vdi_type, disk_size",
            f"{SET_UP} failed: --vdi-type: is missing; or all of --vdi-type, --disk-size",
        ),
        (SET_UP, "failed: vm: must be text; vm web01", "failed: --vm: must be text; vm web01"),
        (
            SET_UP,
            "eject it, or change it with replace=true",
            "eject it, or change it with --replace",
        ),
        (
            "flow.destroy_vm_and_disks",
            "or give shutdown=clean or shutdown=force",
            "or give --shutdown clean or --shutdown force",
        ),
        (SET_UP, "no disk is named disk_size", "no disk is named disk_size"),
        (SET_UP, "Unblock it with vm.unblock first", "Unblock it with `xenflow vm unblock` first"),
        (SET_UP, "its VM to it with vm.revert", "its VM to it with `xenflow vm revert`"),
        (
            SET_UP,
            "VM.start, web01.example and vm.unknown",
            "VM.start, web01.example and vm.unknown",
        ),
        ("vm.clone", "give existing_disk_name", "give existing_disk_name"),
    ],
)
def test_fields_are_options_and_operations_are_commands(name: str, text: str, typed: str) -> None:
    """Names of objects, methods of XenServer and fields of others stay as they are."""
    assert in_options(text, catalogue_index.load().find(name).inputs) == typed
