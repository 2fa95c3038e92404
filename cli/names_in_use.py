"""Whether a name that an operation is about to give is in use.

XenServer allows several objects of one name, which then only their UUIDs tell apart.
"""

import importlib
from collections.abc import Iterator
from typing import Any

from cli import quick_finds
from cli.client import Client
from cli.own_ends import Sent

_CLONES = "canvases.clone_vms"  # imported where it is used: it brings other flows
_ELSEWHERE = frozenset({"xenserver.vm.copy_to_pool"})  # the name is for another pool
_NOUNS = {"name": "vm", "new_disk_name": "vdi"}
"""Field of a flow's message -> noun of what is made under that name."""


def note(producer: Client, sent: Sent) -> str:
    """Return what has the name already; nothing where the message gives none, or it is free."""
    for noun, name in _given(sent):
        fields = {**sent.message.connection(), "name": name, "fields": ["name_label"]}
        if noun == "vm":
            fields |= {"fields": list(quick_finds.SORTS), **quick_finds.ALL_SORTS}
        elif noun == "vdi":
            fields |= {"fields": ["is_a_snapshot"]}
        found = quick_finds.records(producer, noun, fields)
        sorts = [quick_finds.sort_of(record, noun) for record in found]
        rivals = sorted(sort for sort in sorts if (sort == "snapshot") is _makes_snapshot(sent))
        if rivals:
            verb = "is" if len(rivals) == 1 else "are"
            return (
                f"{quick_finds.counted(rivals)} {verb} named {name} already; "
                "then only UUIDs tell them apart"
            )
    return ""


def _given(sent: Sent) -> Iterator[tuple[str, str]]:
    """Yield the names that a message gives, of many the first, with the noun of what is made."""
    *_, noun, verb = sent.name.split(".")
    if verb.startswith("find") or sent.name in _ELSEWHERE:
        return
    for field, made in _NOUNS.items():
        name = getattr(sent.message, field, None)
        if isinstance(name, str):
            yield (made if noun == "flow" else noun), _first(sent, name)


def _first(sent: Sent, name: str) -> str:
    """Return the first of the names that a flow numbers; any other name as it is."""
    if sent.name != "flow.clone_vms":
        return name
    clones: Any = importlib.import_module(_CLONES)
    return str(clones.names(name, getattr(sent.message, "count", 1))[0])


def _makes_snapshot(sent: Sent) -> bool:
    return sent.name.endswith(".snapshot")
