"""The data model as a release has it: its messages and parameters, and what it hides of a record.

Fields and classes that a release lacks stay in the database, so that methods need not ask.
"""

from collections.abc import Iterator
from dataclasses import replace

from simulator.datamodel.model import Class, Message, Model
from simulator.datamodel.releases import Release

_PARAMETERS = {
    ("session.login_with_password", "version"): "miami",
    ("session.login_with_password", "originator"): "clearwater",
    ("VDI.copy", "base_vdi"): "vgpu-productisation",
    ("VDI.copy", "into_vdi"): "vgpu-productisation",
    ("VM.migrate_send", "vgpu_map"): "inverness",
    ("VM.assert_can_migrate", "vgpu_map"): "inverness",
    ("Bond.create", "mode"): "boston",
    ("Bond.create", "properties"): "tampa",
    ("VM.snapshot", "ignore_vdis"): "21.4.0",
    ("host.evacuate", "network"): "1.297.0",
    ("host.evacuate", "evacuate_batch_size"): "23.27.0",
}
"""Message and parameter to the release that brought the parameter."""

_PLAIN_SETTERS = frozenset(
    {
        *("VM.set_VCPUs_max", "VM.set_VCPUs_at_startup", "VM.set_HVM_shadow_multiplier"),
        *("VM.set_memory_static_min", "VM.set_memory_static_max"),
        *("VM.set_memory_dynamic_min", "VM.set_memory_dynamic_max"),
    }
)
"""Messages that set a field since it is there: first as that of any field, later with checks."""


def at(model: Model, release: Release) -> Model:
    """Return the data model of a release."""
    messages = {each.method: each for each in _messages(model, release)}
    classes = {name: _class(cls, model, release) for name, cls in model.classes.items()}
    return replace(model, classes=classes, messages=messages, release=release)


def _messages(model: Model, release: Release) -> Iterator[Message]:
    for message in model.messages.values():
        since_class = model.classes[message.cls].since
        since = since_class if message.method in _PLAIN_SETTERS else message.since
        if release.has(since) and release.has(since_class):
            params = tuple(
                param
                for param in message.params
                if release.has(_PARAMETERS.get((message.method, param.name), since))
            )
            lost = len(params) < len(message.params)
            yield replace(message, params=params, strict=lost, gone=_gone(message, release))


def _gone(message: Message, release: Release) -> str:
    """Return the note of a removal or deprecation that the release knows of."""
    _, _, when = message.gone.partition(" ")
    return message.gone if not when or when == "removed" or release.has(when) else ""


def _class(cls: Class, model: Model, release: Release) -> Class:
    hidden = {name for name, field in cls.fields.items() if not release.has(field.since)}
    unknown = {
        message.name
        for message in model.messages.values()
        if message.cls == cls.name and not release.has(message.since)
    }
    return replace(
        cls,
        hidden=frozenset(hidden),
        lacking=frozenset(unknown),
        known=release.has(cls.since),
    )
