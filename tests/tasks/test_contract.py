"""What each operation and flow takes, as the integration of old had it: spellings, defaults."""

from typing import Any

import pytest
from pydantic import AliasChoices
from pydantic.alias_generators import to_camel

from config.settings import Settings
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation
from workers import loader

loader.load(Settings())
OPERATIONS = [one for one in catalogue.everything() if one.name.startswith(("xenserver", "flow"))]

COMMON: dict[str, Any] = {
    "target": "default",
    "hostname": None,
    "username": None,
    "password": None,
    "protocol": "https",
    "port": None,
    "timeout": None,
    "feed": None,
}
FIND = {"uuid": None, "fields": None, "limit": None, "after": None}
NAMED = {**FIND, "name": None, "is_search_expression": False}
CHANGE = {"run_async": False}
POWER = {**CHANGE, "ensure": False}
MAKES = {"on_failure": "rollback", "run_async": False}
NEW_VM = {**MAKES, "description": None, "sr": None, "start": True, "wait_for": "running"}

DEFAULTS: dict[str, dict[str, Any]] = {
    "xenserver.host.find": NAMED,
    "xenserver.pif.find": {**FIND, "device": None, "host": None, "network": None},
    "xenserver.vif.create": {**CHANGE, "device": "autodetect", "mac": "", "mtu": 1500},
    "xenserver.vif.destroy": {**CHANGE, "unplug": False},
    "xenserver.vif.find": {**FIND, "vm": None, "network": None, "device": None, "mac": None},
    "xenserver.network.create": {**CHANGE, "description": "", "mtu": 1500, "pif": None},
    "xenserver.network.destroy": CHANGE,
    "xenserver.network.find": {**NAMED, "bridge": None},
    "xenserver.sr.find": {**NAMED, "type": None, "content_type": None, "shared": None},
    "xenserver.vbd.create": {
        **CHANGE,
        "vdi": None,
        "empty": False,
        "device": "autodetect",
        "type": "Disk",
        "bootable": False,
        "unpluggable": True,
    },
    "xenserver.vbd.destroy": {**CHANGE, "unplug": False},
    "xenserver.vbd.eject": CHANGE,
    "xenserver.vbd.find": {**FIND, "vm": None, "vdi": None, "type": None, "device": None},
    "xenserver.vbd.plug": CHANGE,
    "xenserver.vbd.unplug": {**CHANGE, "force": False},
    "xenserver.vbd.insert": CHANGE,
    "xenserver.vdi.create": {
        **CHANGE,
        "description": "",
        "type": "user",
        "sharable": False,
        "read_only": False,
    },
    "xenserver.vdi.destroy": CHANGE,
    "xenserver.vdi.find": {**NAMED, "sr": None, "type": None},
    "xenserver.task.cancel": CHANGE,
    "xenserver.task.find": {**NAMED, "status": None},
    "xenserver.vm.clone": CHANGE,
    "xenserver.vm.copy": {**CHANGE, "sr": None},
    "xenserver.vm.snapshot": {**CHANGE, "with_memory": False},
    "xenserver.vm.destroy": CHANGE,
    "xenserver.vm.find": {
        **NAMED,
        "power_state": None,
        "host": None,
        "tag": None,
        "include_templates": False,
        "include_snapshots": False,
    },
    "xenserver.vm.install": {**CHANGE, "sr": None, "description": None, "in_place": False},
    "xenserver.vm.migrate": {**POWER, "live": True, "force": False},
    "xenserver.vm.pause": POWER,
    "xenserver.vm.resume": {
        **POWER,
        "paused": False,
        "force": False,
        "host": None,
        "wait_for": "running",
    },
    "xenserver.vm.suspend": POWER,
    "xenserver.vm.unpause": POWER,
    "xenserver.vm.reboot": {**CHANGE, "force": False, "wait_for": "running"},
    "xenserver.vm.shutdown": {**POWER, "force": False, "fall_back_after": None},
    "xenserver.vm.start": {
        **POWER,
        "paused": False,
        "force": False,
        "host": None,
        "wait_for": "running",
    },
    "xenserver.vm.revert": CHANGE,
    "flow.assign_vms_to_network": MAKES,
    "flow.check_for_task_success": {"sleep_increment": 5.0},
    "flow.create_vm_from_configured_template": NEW_VM,
    "flow.create_vm_from_unconfigured_template": {
        **NEW_VM,
        "memory": None,
        "vcpus": None,
        "disks": (),
        "cd": None,
        "networks": (),
        "boot": None,
    },
    "flow.destroy_vm_and_disks": {
        "delete_disks": False,
        "shutdown": "no",
        "delete_shared_disks": False,
    },
    "flow.find_list_of_vms": {
        "uuid": None,
        "name": None,
        "is_search_expression": False,
        "include_templates": False,
    },
    "flow.setup_disk_or_cd": {
        **MAKES,
        "existing_disk_name": None,
        "vdi_type": None,
        "new_disk_name": None,
        "disk_size": None,
        "storage_repository": None,
        "plug": "auto",
    },
    "flow.setup_network_devices": {
        **MAKES,
        "device_id": "autodetect",
        "mac": "",
        "mtu": 1500,
        "plug": "auto",
    },
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_not_said_has_the_default_that_was_promised(name: str) -> None:
    """Of all that has one, what every message takes included."""
    operation = catalogue.find(name)
    assert operation
    promised = {**COMMON, **DEFAULTS[name]}

    reply = {field: operation.model.model_fields[field].default for field in promised}

    assert reply == promised


def test_the_whole_catalogue_is_there() -> None:
    kinds = [name.partition(".")[0] for name in DEFAULTS]

    assert (kinds.count("xenserver"), kinds.count("flow")) == (36, 8)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_field_has_both_spellings(operation: Operation) -> None:
    for name, field in operation.model.model_fields.items():
        assert isinstance(field.validation_alias, AliasChoices)
        assert {name, to_camel(name)} <= set(field.validation_alias.choices)
