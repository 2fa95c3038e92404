"""Metering of callers: a call over budget waits, it is never refused (xapi_caller.ml)."""

from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, PositiveFloat

_COSTS = {
    "event.from": 150.0,
    "event.next": 30.0,
    **dict.fromkeys(("VM.start", "VM.start_on", "VM.hard_shutdown", "VM.hard_reboot"), 20.0),
    "VM.clean_shutdown": 60.0,
    "VM.clean_reboot": 70.0,
    **dict.fromkeys(("VM.suspend", "VM.resume_on"), 400.0),
    **dict.fromkeys(("VM.resume", "VM.pool_migrate", "VM.checkpoint", "VDI.copy"), 200.0),
    "VM.migrate_send": 2000.0,
    **dict.fromkeys(("VM.clone", "VM.provision", "VBD.unplug", "SR.scan"), 10.0),
    "VM.copy": 300.0,
    "VM.snapshot": 15.0,
    "VM.revert": 50.0,
    "VBD.plug": 12.0,
    **dict.fromkeys(("VIF.plug", "VDI.destroy", "VDI.resize"), 5.0),
    "VIF.unplug": 3.0,
    **dict.fromkeys(("VDI.create", "VLAN.create"), 6.0),
    **dict.fromkeys(("VDI.clone", "SR.create"), 20.0),
    "VDI.snapshot": 30.0,
    "pool.create_VLAN_from_PIF": 8.0,
    "SR.destroy": 200.0,
    "host.evacuate": 75.0,
    "host.call_plugin": 7.0,
}
_CHEAP = 1.0


class Budget(BaseModel):
    """The callers of a budget, by patterns, and its tokens: `burst` at once, `rate` a second."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: str = "*"
    originator: str = "*"
    user_agent: str = "*"
    burst: PositiveFloat
    rate: PositiveFloat

    def matches(self, user: str, originator: str, user_agent: str) -> bool:
        """Return whether a caller has this budget."""
        return (
            fnmatchcase(user, self.user)
            and fnmatchcase(originator, self.originator)
            and fnmatchcase(user_agent, self.user_agent)
        )


class Meter:
    """The budgets of a pool and what is left of them."""

    def __init__(self) -> None:
        self._left: dict[Budget, tuple[float, float]] = {}

    @property
    def on(self) -> bool:
        """Return whether anybody is metered."""
        return bool(self._left)

    def add(self, budget: Budget, now: float) -> None:
        """Meter some callers, from a full budget on."""
        self._left[budget] = (budget.burst, now)

    def clear(self) -> None:
        """Meter nobody."""
        self._left.clear()

    def delay(self, method: str, caller: tuple[str, str, str], now: float) -> float:
        """Take the tokens of a call; return the seconds that it has to wait for them."""
        budgets = [budget for budget in self._left if budget.matches(*caller)]
        return max((self._take(budget, method, now) for budget in budgets), default=0.0)

    def _take(self, budget: Budget, method: str, now: float) -> float:
        tokens, since = self._left[budget]
        left = min(budget.burst, tokens + (now - since) * budget.rate) - cost(method)
        self._left[budget] = (left, now)
        return max(0.0, -left / budget.rate)


def cost(method: str) -> float:
    """Return the tokens that a call takes; 1 is about a cheap read of the database."""
    return _COSTS.get(method.removeprefix("Async."), _CHEAP)
