"""What a check finds: how bad it is, what it is, and what to do about it."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad a finding is; the lower, the worse."""

    BROKEN = 1
    """Operations fail or wait until this is cured."""

    WARNING = 2
    """Operations work now; something may be lost or stop."""

    NOTICE = 3
    """Worth knowing."""


def counted(count: int, noun: str, verb: str, verbs: str) -> str:
    """Return a number of things and their verb: "1 operation waits", "2 operations wait"."""
    return f"1 {noun} {verb}" if count == 1 else f"{count} {noun}s {verbs}"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    `about` names the part ("redis", "worker@host1", "target lab"); `cure` is a command or setting.
    """

    severity: Severity
    about: str
    text: str
    cure: str

    def document(self) -> dict[str, str]:
        """Return the finding as JSON."""
        return {
            "severity": self.severity.name.lower(),
            "about": self.about,
            "text": self.text,
            "cure": self.cure,
        }
