"""Denials in words: where XenServer denied what to whom, and which role may."""

import re

from config.targets import Target
from xenserver import errors

_ASCENDING = (
    "read-only",
    "vm-operator",
    "vm-admin",
    "vm-power-admin",
    "pool-operator",
    "pool-admin",
)
"""The roles that XenServer gives to accounts; each may do what those before it may."""
_ROLES = re.compile(r"\(Roles with this permission: ([^)]+)\)")
_PLACE = re.compile(r"(target \S+ \()?https?://\S+: ")


def named(denied: errors.XenflowError, target: Target) -> errors.XenflowError:
    """Return an error that names the target, or the host of the message, where it is a denial."""
    if not isinstance(denied, errors.Denied) or _is_named(denied):
        return denied
    is_of_message = target.name in target.url
    where = target.url if is_of_message else f"target {target.name} ({target.url})"
    text = denied.message.removesuffix(f" ({denied.code})")
    if denied.code == "RBAC_PERMISSION_DENIED":
        text = _of_role(denied, target.user)
    return errors.from_api(denied.code, denied.params, text=f"{where}: {text}")


def _is_named(denied: errors.Denied) -> bool:
    """Return whether an error names the place already, as those of our own do."""
    return denied.code.startswith("XENFLOW_") or _PLACE.match(denied.message) is not None


def _of_role(denied: errors.Denied, user: str) -> str:
    """Return what the role of an account may not do, and the least role that may."""
    permission, listed, *_ = [*denied.params, "", ""]
    found = _ROLES.search(listed)
    may = found[1].split(", ") if found else []
    least = next((role for role in _ASCENDING if role in may), "")
    wanted = f"the role {least}, or a higher one" if least else "a role that may"
    return f"the role of account {user} may not do {permission}; it needs {wanted}"
