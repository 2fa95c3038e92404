"""The preconditions of a host (ocaml/xapi/xapi_host_helpers.ml)."""

from simulator.errors import Failure
from simulator.rules.view import Rule, View, busy, peek

HOST_OPERATIONS = (
    *("provision", "evacuate", "shutdown", "reboot", "power_on", "vm_start", "vm_resume"),
    *("vm_migrate", "apply_updates", "enable"),
)
_BRINGING = frozenset({"provision", "vm_resume", "vm_migrate"})
_TAKING = frozenset({"evacuate", "reboot", "shutdown"})
_ENDING = frozenset({"reboot", "shutdown"})
_DISABLED = _ENDING | {"apply_updates"}


def is_live(view: View) -> bool:
    """Return whether a host is live."""
    metrics = peek(view.db, "host_metrics", view.record["metrics"])
    return bool(metrics and metrics["live"])


def _crossing(view: View, op: str) -> Failure | None:
    against = _rivals(op)
    current = view.record["current_operations"]
    doing = {task: running for task, running in current.items() if running in against}
    return busy("host", view.ref, doing) if doing else None


def _rivals(op: str) -> frozenset[str]:
    if op == "provision":
        return _TAKING | {"provision"}
    if op in _BRINGING:
        return _TAKING
    if op == "evacuate":
        return _BRINGING | {"evacuate"}
    if op == "apply_updates":
        return _DISABLED
    return _BRINGING | _DISABLED if op in _ENDING else frozenset()


def _enabled(view: View, op: str) -> Failure | None:
    enabled = view.record["enabled"]
    return Failure("HOST_NOT_DISABLED") if op in _DISABLED and enabled else None


def _up(view: View, op: str) -> Failure | None:
    return Failure("HOST_IS_LIVE", view.ref) if op == "power_on" and is_live(view) else None


def _out_of_reach(view: View, op: str) -> Failure | None:
    """Refuse to switch on a host of which nobody said how."""
    unknown = op == "power_on" and not view.record["power_on_mode"]
    return Failure("HOST_POWER_ON_MODE_DISABLED") if unknown else None


HOST_RULES: tuple[Rule, ...] = (_crossing, _enabled, _up, _out_of_reach)
