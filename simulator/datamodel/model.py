"""The shapes of the data model: classes, their fields, their messages."""

import copy
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from simulator.datamodel.releases import CURRENT, Release
from simulator.datamodel.types import Type


class Link(NamedTuple):
    """A field of another class that holds the back reference: `VBD.VM` links to `VM.VBDs`."""

    cls: str
    field: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record; `path` has a slash where the toolstack nests: `name/label`."""

    path: str
    type: Type
    qualifier: str
    since: str
    value: Any
    has_default: bool
    back: Link | None = None
    role: str = "pool-operator"
    gone: str = ""

    @property
    def name(self) -> str:
        """Return the name on the wire: `name_label`."""
        return self.path.replace("/", "_")

    @property
    def column(self) -> str:
        """Return the name in the toolstack's database: `name__label`."""
        return self.path.replace("/", "__")

    @property
    def constructs(self) -> bool:
        """Return whether `create` takes this field."""
        return self.qualifier in {"rw", "init"}

    def initial(self) -> Any:  # noqa: ANN401 - any wire value
        """Return a fresh default, or the empty value of the type where there is none."""
        return copy.copy(self.value)


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a message; one with a default may be left out from the end."""

    name: str
    type: Type
    default: Any = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a class; `params` are without the session.

    `kind` is `custom` for a message with a method of its own; else it says how the data
    model defines it (`get`, `set`, `add_to`, `get_all`, ...), for the field named `field`.
    """

    cls: str
    name: str
    params: tuple[Param, ...]
    result: Type
    since: str
    role: str = "read-only"
    sessionless: bool = False
    has_async: bool = False
    hidden: bool = False
    internal: bool = False
    gone: str = ""
    errors: tuple[str, ...] = ()
    kind: str = "custom"
    field: str = ""
    strict: bool = False

    @property
    def method(self) -> str:
        """Return the wire name: `VM.start`."""
        return f"{self.cls}.{self.name}"

    @property
    def removed(self) -> bool:
        """Return whether the toolstack refuses the message with MESSAGE_REMOVED."""
        return self.gone.startswith("removed")

    @property
    def required(self) -> int:
        """Count the parameters that must be sent, the session excluded."""
        return sum(not param.optional for param in self.params)

    @property
    def most(self) -> int:
        """Count the parameters that may be sent: where some are optional, further ones too.

        A `strict` message has lost parameters to the age of its release, and refuses them.
        """
        optional = self.required < len(self.params) and not self.strict
        return sys.maxsize if optional else len(self.params)


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the data model; fields in record order.

    In the model of an old release it may be not `known`; some fields are `hidden` from its records,
    and operations of the `lacking` messages from `allowed_operations`.
    """

    name: str
    since: str
    fields: Mapping[str, Field]
    messages: Mapping[str, Message]
    enums: Mapping[str, tuple[str, ...]]
    links: Mapping[str, Link]
    stored: bool
    known: bool = True
    hidden: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Model:
    """The whole data model; `messages` is keyed by wire name, `enums` by the enum's name."""

    classes: Mapping[str, Class]
    messages: Mapping[str, Message]
    enums: Mapping[str, tuple[str, ...]]
    release: Release = CURRENT
