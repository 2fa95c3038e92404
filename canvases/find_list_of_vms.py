"""A list of VMs for people: UUIDs, names, power states."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, JsonValue

from tasks.engine.declaration.answers import Answer, HowMany
from tasks.engine.declaration.field_types import Label, Searches, Templates, Uuid
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm import lifecycle

HEAD = ("UUID", "NAME", "POWER STATE")
FIELDS = ("uuid", "name_label", "power_state")


class VmList(Answer):
    """The VMs that were found; `return_result` is a table of them."""

    vms: list[dict[str, JsonValue]] = Field(description="the VMs' records")
    count: HowMany
    after: str | None = Field(
        None, description="where the next page begins, if there are more than an answer holds"
    )


def _listed(_fields: Mapping[str, Any], last: Mapping[str, Any]) -> VmList:
    vms = sorted(last["records"], key=lambda vm: (vm["name_label"], vm["uuid"]))
    after = last.get("after")
    text = table(vms)
    if after:
        text += f"\n... and more: list them with vm.find, after={after}"
    return VmList(return_result=text, vms=vms, count=len(vms), after=after)


def table(vms: Sequence[Mapping[str, Any]]) -> str:
    """Write VMs as a table, a line for each, under a head; without VMs, say so."""
    if not vms:
        return "no VMs"
    rows = [HEAD, *([str(vm[name]) for name in FIELDS] for vm in vms)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


@flow(answer=VmList, shape=_listed)
def find_list_of_vms(
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: Searches = False,
    include_templates: Templates = False,
) -> Canvas:
    """List VMs as a table: by UUID, by name, or all."""
    return lifecycle.find.s(
        uuid=uuid,
        name=None if uuid else name,
        is_search_expression=is_search_expression,
        include_templates=include_templates,
    )
