"""Roles and permissions (ocaml/xapi/rbac.ml)."""

from simulator.datamodel import Message
from simulator.errors import Failure

SUPERUSER = "local-root"
ASCENDING = (
    "read-only",
    "vm-operator",
    "vm-admin",
    "vm-power-admin",
    "pool-operator",
    "client-cert",
    "pool-admin",
    SUPERUSER,
)


def suffices(role: str, needed: str) -> bool:
    """Return whether a role includes another one."""
    return ASCENDING.index(role) >= ASCENDING.index(needed)


def check(role: str, message: Message) -> None:
    """Refuse with RBAC_PERMISSION_DENIED what the role may not."""
    if not suffices(role, message.role):
        raise denied(message.method.lower(), message.role)


def denied(permission: str, needed: str) -> Failure:
    """Return RBAC_PERMISSION_DENIED with the missing permission and the roles that have it."""
    roles = ", ".join(ASCENDING[-2 : ASCENDING.index(needed) - 1 : -1])
    text = f"No permission in user session. (Roles with this permission: {roles})"
    return Failure("RBAC_PERMISSION_DENIED", permission, text)
