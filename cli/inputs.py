"""The inputs of a message, as a person gives them: plain values, which the index keeps."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

_CAMEL = re.compile(r"_([a-z0-9])")


class Kind(StrEnum):
    """How an input is written."""

    FLAG = "flag"
    CHOICE = "choice"
    TEXT = "text"
    LIST = "list"
    MAP = "map"
    STRUCTURE = "structure"


@dataclass(frozen=True)
class Input:
    """One input: its field, its key on the wire, how it is written, and its help."""

    field: str
    key: str
    kind: Kind
    shape: str
    required: bool
    default: Any
    help: str
    choices: tuple[str, ...]
    names: str | None
    common: bool
    parts: tuple["Input", ...] = ()

    @property
    def option(self) -> str:
        """The option of the command line."""
        return "--" + self.key.replace("_", "-")

    @property
    def default_text(self) -> str | None:
        """The default as text; None where it is nothing."""
        if self.default is None or self.required:
            return None
        return str(self.default).lower() if isinstance(self.default, bool) else str(self.default)

    @property
    def spellings(self) -> frozenset[str]:
        """All names under which a message may carry it."""
        names = {self.field, self.key}
        return frozenset(names | {_camel(name) for name in names})

    def document(self) -> dict[str, Any]:
        """Return the input as JSON."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read an input that was written as JSON."""
        return cls(
            **{
                **document,
                "kind": Kind(document["kind"]),
                "choices": tuple(document["choices"]),
                "parts": tuple(cls.from_document(part) for part in document["parts"]),
            }
        )


def _camel(name: str) -> str:
    return _CAMEL.sub(lambda found: found[1].upper(), name)
