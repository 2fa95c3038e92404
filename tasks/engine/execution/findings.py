"""What recovery finds out about a call whose end nobody has read."""

from dataclasses import dataclass
from enum import Enum


class Effect(Enum):
    """What the objects on XenServer say about a call."""

    DONE = "done"
    NOT_DONE = "not done"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What was found: the XenServer task, or the effect and the references of what was made."""

    effect: Effect
    task: str = ""
    made: tuple[str, ...] = ()

    @property
    def result(self) -> str:
        """What the call would have answered."""
        return self.made[0] if self.made else ""
