"""The kinds of objects that messages name, and the XenServer objects of each kind.

A plain VM's name never means a template, a snapshot or a control domain, and a disk's name never
one of its snapshots, which have the same name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from xenserver.values import Record


@dataclass(frozen=True, slots=True)
class Kind:
    """A word for a kind of object, its class, and what a record must be to be found.

    `by_uuid_too` asks the same of what is given by UUID; a disk's snapshot, which has the name of
    the disk, has its UUID only. Of several with a name, those that are `rather` are preferred.
    `named` is False where there are no names. `instead` says what to do with the kinds of VM that
    do not fit.
    """

    word: str
    cls: str
    fits: Callable[[Record], bool]
    by_uuid_too: bool = False
    rather: Callable[[Record], bool] | None = None
    named: bool = True
    instead: Mapping[str, str] = field(default_factory=dict)


def describe(record: Record) -> str:
    """Return which kind of VM a VM record is: VM, template, snapshot or control domain."""
    for flag in ("is_control_domain", "is_a_snapshot", "is_a_template"):
        if record.get(flag):
            return flag.removeprefix("is_").removeprefix("a_").replace("_", " ")
    return "VM"


def _any(_record: Record) -> bool:
    return True


def is_a(*sorts: str) -> Callable[[Record], bool]:
    """Return the test that a VM record is one of these kinds, as `describe` names them."""
    return lambda record: describe(record) in sorts


def _no_snapshot(record: Record) -> bool:
    return not record.get("is_a_snapshot")


_FOR_A_VM = {
    "template": "make a VM of it with vm.install",
    "snapshot": "name the VM that it was taken of",
}
_FOR_A_TEMPLATE = {
    "VM": "another VM like this one is made with vm.clone or vm.copy",
    "snapshot": "make a template of it with vm.clone first",
}
_FOR_A_SNAPSHOT = {"VM": "a snapshot of it is made with vm.snapshot"}

_ALL = (
    Kind("vm", "VM", is_a("VM"), by_uuid_too=True, instead=_FOR_A_VM),
    Kind("template", "VM", is_a("template"), by_uuid_too=True, instead=_FOR_A_TEMPLATE),
    Kind("snapshot", "VM", is_a("snapshot"), by_uuid_too=True, instead=_FOR_A_SNAPSHOT),
    Kind("vm_or_template", "VM", is_a("VM", "template"), by_uuid_too=True),
    Kind(
        "vm_template_or_snapshot",
        "VM",
        is_a("VM", "template", "snapshot"),
        by_uuid_too=True,
        rather=is_a("VM", "template"),
    ),
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
