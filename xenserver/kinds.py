"""The kinds of things people name, and which objects of XenServer each kind means.

A plain VM's name never means a template, a snapshot or a control domain, and a disk's name never
one of its snapshots, which bear the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from xenserver.values import Record


@dataclass(frozen=True, slots=True)
class Kind:
    """A word for a kind of thing, its class, and what a record must be to be found by name.

    `by_uuid_too` asks the same of what is given by UUID. `named` is False where there are none.
    """

    word: str
    cls: str
    fits: Callable[[Record], bool]
    by_uuid_too: bool = False
    named: bool = True


def describe(record: Record) -> str:
    """Say which sort of VM a VM record is: VM, template, snapshot or control domain."""
    for field in ("is_control_domain", "is_a_snapshot", "is_a_template"):
        if record.get(field):
            return field.removeprefix("is_").removeprefix("a_").replace("_", " ")
    return "VM"


def _any(_record: Record) -> bool:
    return True


def _is(*sorts: str) -> Callable[[Record], bool]:
    return lambda record: describe(record) in sorts


def _no_snapshot(record: Record) -> bool:
    return not record.get("is_a_snapshot")


_ALL = (
    Kind("vm", "VM", _is("VM")),
    Kind("template", "VM", _is("template"), by_uuid_too=True),
    Kind("snapshot", "VM", _is("snapshot"), by_uuid_too=True),
    Kind("vm_or_template", "VM", _is("VM", "template")),
    Kind("host", "host", _any),
    Kind("pool", "pool", _any),
    Kind("sr", "SR", _any),
    Kind("network", "network", _any),
    Kind("vdi", "VDI", _no_snapshot),
    Kind("task", "task", _any),
    Kind("pbd", "PBD", _any, named=False),
    Kind("pif", "PIF", _any, named=False),
    Kind("vif", "VIF", _any, named=False),
    Kind("vbd", "VBD", _any, named=False),
)
KINDS = {kind.word: kind for kind in _ALL}
CLASSES = {word: kind.cls for word, kind in KINDS.items()}
