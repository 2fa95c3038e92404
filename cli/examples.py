"""Examples of messages: in shell, in Python, and as they are on the wire, for every operation."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from cli import message_inputs
from cli.inputs import Input, Kind
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation

_LINE = 80  # characters of a line
PLACEHOLDER = "8f6e0c1a-5f0e-4c39-9c0b-3f6f4f0b7d21"
_BY_FIELD: Mapping[str, Any] = {
    "name": "web03",
    "vm": "web02",
    "vms": ["web01", "web02"],
    "name_label": "web03",
    "template": "deb12",
    "snapshot": "web02 before the update",
    "host": "xs2",
    "sr": "NFS virtual disk storage",
    "network": "lab",
    "vdi": "web02 system",
    "size": "20GiB",
    "memory": "2GiB",
    "destination": "site-b",
    "url": "http://files.example.net/web01.xva",
}
"""Objects of the simulated pool: VM web02 is halted, and its disk is in no use."""
_RUNNING = {"vm": "web01"}
_DRIVES = {
    "web01": "a0aeb124-4b49-4a43-8745-799ffc06ad1c",
    "web02": "05aabc79-026f-4c88-a02a-43aa99387c52",
    "CD of db01": "deb1229e-93ee-4559-aa9b-8ecb57c9d98d",
}
_INTERFACES = {
    "web01": "f80d8884-99b5-42eb-b5da-82191a811a3a",
    "web02": "f06ad913-e236-4ac9-86bf-e816604c10b2",
}
"""Devices of the simulated pool, whose UUIDs are the same in each."""
_BESIDES: Mapping[str, Mapping[str, Any]] = {
    "xenserver.network.create": {"name": "lab2"},
    "xenserver.vbd.create": {"vdi": "debian-12.iso", "type": "CD"},
    "xenserver.vbd.destroy": {"vbd": _DRIVES["web02"]},
    "xenserver.vbd.eject": {"vbd": _DRIVES["CD of db01"]},
    "xenserver.vbd.insert": {"vbd": _DRIVES["CD of db01"], "vdi": "debian-12.iso"},
    "xenserver.vbd.plug": {"vbd": _DRIVES["web01"]},
    "xenserver.vbd.plug_if_running": {"vbd": _DRIVES["web01"]},
    "xenserver.vbd.unplug": {"vbd": _DRIVES["web01"]},
    "xenserver.vdi.clone": {"name": "web03 system"},
    "xenserver.vdi.copy": {"name": "web03 system"},
    "xenserver.vdi.create": {"name": "web02 data"},
    "xenserver.vdi.move": {"sr": "Local storage xs1"},
    "xenserver.vdi.tag": {"add": ["web"]},
    "xenserver.vif.destroy": {"vif": _INTERFACES["web02"]},
    "xenserver.vif.plug": {"vif": _INTERFACES["web01"]},
    "xenserver.vif.plug_if_running": {"vif": _INTERFACES["web01"]},
    "xenserver.vif.unplug": {"vif": _INTERFACES["web01"]},
    "xenserver.vm.check_devices": {"parts": [{"uuid": _INTERFACES["web02"], "vm": "web02"}]},
    "xenserver.vm.configure": {"memory": "2GiB"},
    "xenserver.vm.insert_cd": {"vdi": "debian-12.iso"},
    "xenserver.vm.destroy_with_disks": {"vm": "batch01", "name_label": "batch01"},
    "xenserver.vm.install": {"name": "web03"},
    "xenserver.vm.migrate": _RUNNING,
    "xenserver.vm.migrate_to_pool": _RUNNING,
    "xenserver.vm.pause": _RUNNING,
    "xenserver.vm.reboot": _RUNNING,
    "xenserver.vm.resume": {"vm": "batch01"},
    "xenserver.vm.shutdown": _RUNNING,
    "xenserver.vm.suspend": _RUNNING,
    "xenserver.vm.tag": {"add": ["web"]},
    "xenserver.vm.unpause": _RUNNING,
    "xenserver.vm.wait_for_address": _RUNNING,
    "xenserver.vm.snapshot": {"name": "web02 before the update"},
    "xenserver.vdi.snapshot": {"name": "web02 system before the update"},
    "flow.create_vm_from_unconfigured_template": {
        "template": "blank",
        "memory": "2GiB",
        "disks": [{"size": "10GiB", "sr": "NFS virtual disk storage"}],
        "networks": [{"network": "lab"}],
    },
    "flow.destroy_vm_and_disks": {"delete_disks": True, "shutdown": "clean"},
    "flow.setup_disk_or_cd": {
        "vdi_type": "user",
        "new_disk_name": "web02 data",
        "disk_size": "10GiB",
        "storage_repository": "NFS virtual disk storage",
    },
}
"""What is needed though no schema demands it, or suits the operation better."""
_FIRST: Mapping[str, str] = {
    "xenserver.vbd.eject": "xenserver.vbd.insert",
    "xenserver.vbd.plug": "xenserver.vbd.unplug",
    "xenserver.vif.plug": "xenserver.vif.unplug",
    "xenserver.vm.destroy_snapshot": "xenserver.vm.snapshot",
    "xenserver.vm.destroy_snapshot_or_report": "xenserver.vm.snapshot",
    "xenserver.vm.revert": "xenserver.vm.snapshot",
    "xenserver.vm.unpause": "xenserver.vm.pause",
}
"""The operation whose example makes what that of another one works on."""
_TASK = "a task of XenServer: its UUID is in the answer to what is sent with `async`"
_SECOND_POOL = "a second pool, under the target `site-b`"
_NEEDS: Mapping[str, str] = {
    "flow.check_for_task_success": _TASK,
    "xenserver.task.cancel": _TASK,
    "xenserver.task.follow": _TASK,
    "xenserver.task.take_back": _TASK,
    "xenserver.vdi.undo_move": "a move that was cut off",
    "xenserver.vm.copy_to_pool": _SECOND_POOL,
    "xenserver.vm.import_from_url": "a web server with an exported VM",
    "xenserver.vm.migrate_to_pool": _SECOND_POOL,
}
"""What an example works on that the simulated pool does not have."""
_BY_KIND: Mapping[Kind, Any] = {
    Kind.FLAG: True,
    Kind.LIST: ["web01"],
    Kind.MAP: {"note": "lab"},
    Kind.STRUCTURE: [],
}
_BY_SHAPE: Mapping[str, Any] = {"INTEGER": 1, "NUMBER": 1.0, "SIZE": "10GiB", "DURATION": "90s"}


def message_of(operation: Operation) -> dict[str, Any]:
    """Return a message that the operation takes: what it must have."""
    needed = {one.key: _value(one) for one in message_inputs.of(operation.model) if one.required}
    return {**needed, **_BESIDES.get(operation.name, {})}


def first(operation: Operation) -> Operation | None:
    """Return the operation whose example goes before that of this one, if there is one."""
    name = _FIRST.get(operation.name)
    return catalogue.find(name) if name else None


def needs(operation: Operation) -> str:
    """Return as text what the example needs beside the simulated pool; nothing for most."""
    return _NEEDS.get(operation.name, "")


def notes(operation: Operation) -> str:
    """Return as text what goes before the example, or what it needs; nothing for most."""
    before = first(operation)
    if before:
        return f"Send the example of {before.name} first."
    missing = needs(operation)
    return f"The example needs {missing}." if missing else ""


def shell(operation: Operation, message: Mapping[str, Any]) -> str:
    """Return the command that sends it."""
    *_, noun, verb = operation.name.split(".")
    words = ["xenflow", noun, verb.replace("_", "-")]
    known = {one.key: one for one in message_inputs.of(operation.model)}
    for key, value in message.items():
        words += _option(known[key], value)
    return shlex.join(words)


def python(operation: Operation, message: Mapping[str, Any]) -> str:
    """Return the lines by which any Celery client sends it."""
    return (
        "from celery import Celery\n\n"
        'app = Celery(broker="redis://...", backend="redis://...")\n'
        "result = app.send_task(\n"
        f'    "{operation.name}",\n'
        f"    kwargs={_literal(message, indent=4, column=11)},\n"
        f'    queue="{operation.queue}",\n'
        ")\n"
        "answer = result.get()"
    )


def _literal(value: Any, *, indent: int, column: int) -> str:
    """Return a value as Python writes it, with double quotes, broken where a line is too long.

    Its line is indented so far, and it begins at that column.
    """
    inner = indent + 4
    match value:
        case Mapping():
            parts = [_item(json.dumps(k) + ": ", v, inner) for k, v in value.items()]
            return _enclosed("{", parts, "}", indent, column)
        case list():
            return _enclosed("[", [_item("", v, inner) for v in value], "]", indent, column)
        case str():
            return json.dumps(value, ensure_ascii=False)
    return repr(value)


def _item(name: str, value: Any, indent: int) -> str:
    return name + _literal(value, indent=indent, column=indent + len(name))


def _enclosed(begin: str, parts: list[str], end: str, indent: int, column: int) -> str:
    line = f"{begin}{', '.join(parts)}{end}"
    if column + len(line) < _LINE and "\n" not in line:
        return line
    blanks = " " * (indent + 4)
    return begin + "".join(f"\n{blanks}{part}," for part in parts) + f"\n{' ' * indent}{end}"


def wire(operation: Operation, message: Mapping[str, Any]) -> str:
    """Return the body of the message, and the headers it cannot do without."""
    return json.dumps(
        {
            "headers": {"task": operation.name, "id": PLACEHOLDER, "lang": "py"},
            "body": [[], dict(message), {}],
            "queue": operation.queue,
        },
        indent=2,
        ensure_ascii=False,
    )


def _option(one: Input, value: Any) -> list[str]:
    match one.kind:
        case Kind.FLAG:
            return [one.option if value else f"--no-{one.option[2:]}"]
        case Kind.LIST:
            return [word for text in value for word in (one.option, text)]
        case Kind.MAP:
            return [word for k, v in value.items() for word in (one.option, f"{k}={v}")]
        case Kind.STRUCTURE:
            return [one.option, json.dumps(value)]
    return [one.option, str(value)]


def _value(one: Input) -> Any:
    if one.choices:
        return [one.choices[0]] if one.kind is Kind.LIST else one.choices[0]
    if one.field in _BY_FIELD:
        return _BY_FIELD[one.field]
    return _BY_KIND.get(one.kind, _BY_SHAPE.get(one.shape, PLACEHOLDER))
