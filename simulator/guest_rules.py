"""Rules for guests that misbehave: late addresses, ignored requests to shut down."""

from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict

from simulator.quantities import Seconds
from simulator.tables import Record


class GuestRule(BaseModel):
    """How the guests of some VMs behave, named by a name (wild cards allowed) or UUID.

    `boot`: seconds from the start to the report of the tools. `address`: seconds from there until
    an address is reported, and `link_local` whether 169.254.x.y and fe80:: are reported before.
    `shutdown`: whether a request is answered, acknowledged but never carried out, or ignored.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    vm: str = "*"
    boot: Seconds | None = None
    address: Seconds | Literal["never"] = 0.0
    link_local: bool = False
    shutdown: Literal["clean", "never", "unacknowledged"] = "clean"
    suspend: Literal["clean", "unacknowledged"] = "clean"

    def matches(self, vm: Record) -> bool:
        """Return whether this rule holds for a VM."""
        return self.vm == vm["uuid"] or fnmatchcase(vm["name_label"], self.vm)


class GuestRules:
    """The rules of a pool; of several for one VM, each sets what it names, the latest wins."""

    def __init__(self) -> None:
        self._rules: list[GuestRule] = []

    def add(self, rule: GuestRule) -> None:
        """Add a rule for every guest that boots or is asked something from now on."""
        self._rules.append(rule)

    def clear(self) -> None:
        """Remove the rules of all guests."""
        self._rules.clear()

    def of(self, vm: Record) -> GuestRule:
        """Return how the guest of a VM behaves."""
        behaviour = GuestRule()
        for rule in self._rules:
            if rule.matches(vm):
                named = {name: getattr(rule, name) for name in rule.model_fields_set}
                behaviour = behaviour.model_copy(update=named)
        return behaviour
