"""Values: objects that were looked up, and calls that are not made yet."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Self

from xenserver.values import Value

UUID = "uuid "
READ = "read "
OTHER = "in "
OTHERS = (UUID, READ, OTHER)
"""What keys of a memory of look-ups begin with whose values are not objects."""


@dataclasses.dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object of XenServer that was looked up; it passes wherever a reference is wanted.

    `name` is empty where XenServer was not asked for it.
    """

    cls: str
    ref: str
    uuid: str
    name: str = ""

    def __str__(self) -> str:
        """Return the name, or where it is not known the UUID."""
        return self.name or self.uuid

    def renamed(self, name: str) -> Self:
        """Return the same object under the name that it was given since."""
        return dataclasses.replace(self, name=name)

    def to_json(self) -> str:
        """Return it as JSON, for `from_json` to read."""
        return json.dumps(dataclasses.astuple(self))

    @classmethod
    def from_json(cls, written: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(*json.loads(written))


def remembered(memory: Mapping[str, str]) -> list[ObjectRef]:
    """Return the objects among what was looked up, see `Xen`."""
    return [ObjectRef.from_json(text) for key, text in memory.items() if not key.startswith(OTHERS)]


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """A call to XenServer as a value: `method` such as "VM.clone", and its parameters."""

    method: str
    params: tuple[Value, ...]
