"""Exit codes, and the exception that ends a command with one.

What other packages raise is mapped to exit codes in `failure_reports`, which is imported only when
a command fails: it knows all errors, and so imports a lot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Code(IntEnum):
    """The exit codes of `xenflow`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    TIMED_OUT = 4
    INTERRUPTED = 130


@dataclass(frozen=True)
class Failure:
    """Why a command fails: exit code, message, and the next step."""

    code: Code
    message: str
    next_step: str = ""
    id: str = ""

    def lines(self) -> list[str]:
        """Return what is written to standard error."""
        return [
            f"xenflow: {self.message}",
            *([f"Next: {self.next_step}"] if self.next_step else []),
        ]

    def document(self) -> dict[str, Any]:
        """Return the failure as data."""
        error = {"message": self.message, "next": self.next_step, "exit_code": int(self.code)}
        return {**({"id": self.id} if self.id else {}), "error": error}


class CommandFailed(Exception):
    """Ends the command.

    `document` is what the command prints for programs, where it is more than the failure itself.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        next_step: str = "",
        *,
        id: str = "",  # noqa: A002 - the key of the document
        document: Mapping[str, Any] | None = None,
    ) -> None:
        self.failure = Failure(code, message, next_step, id)
        self.document = document
        super().__init__(message)
