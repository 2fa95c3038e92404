"""Many copies of one VM or template, made side by side."""

from collections.abc import Mapping
from typing import Annotated, Any

from celery import chord
from pydantic import BaseModel, ConfigDict, Field

from tasks import gather
from tasks.engine.declaration.answers import Answer, HowMany
from tasks.engine.declaration.field_types import Label, VmTemplateOrSnapshotName
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm import copies

MOST = 1000

Count = Annotated[int, Field(ge=1, le=MOST, description="how many clones")]
Stem = Annotated[
    Label, Field(description="the prefix of the names; a number follows: web01, web02")
]


class Clone(BaseModel):
    """A VM that was created."""

    model_config = ConfigDict(frozen=True)

    uuid: str
    name_label: str


class Clones(Answer):
    """The VMs that were created, in the order of their numbers; feed them on by `vms.*.uuid`."""

    vms: list[Clone] = Field(description="the VMs that were made")
    count: HowMany


def _answer(_fields: Mapping[str, Any], last: Mapping[str, Any]) -> Clones:
    made = [
        Clone(uuid=one["uuid"], name_label=one["name_label"]) for one in last.get("answers", [last])
    ]
    text = "1 VM cloned" if len(made) == 1 else f"{len(made)} VMs cloned"
    return Clones(return_result=text, vms=made, count=len(made))


@flow(answer=Clones, shape=_answer)
def clone_vms(*, vm: VmTemplateOrSnapshotName, name: Stem, count: Count) -> Canvas:
    """Clone a halted VM, template or snapshot many times, in parallel.

    The clones are named by the name and a number of at least two digits. When one cannot be made,
    the others are undone.
    """
    each = [copies.clone.s(vm=vm, name=label) for label in names(name, count)]
    if len(each) == 1:
        return each[0]
    return chord(each, gather.gather.s(feed={"answers": "*"}))


def names(stem: str, count: int) -> list[str]:
    """Return the names of clones: as many digits as the last number has, and at least two."""
    digits = max(2, len(str(count)))
    return [f"{stem}{number:0{digits}}" for number in range(1, count + 1)]
