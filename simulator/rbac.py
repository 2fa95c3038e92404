"""The static roles and permissions of the toolstack (gen_rbac.ml, xapi_role.ml).

They stand in no table: a role's UUID is the hash of its name, its reference holds that UUID. Every
message is a permission, and is named in lower case.
"""

import functools
import hashlib
import uuid

from simulator import datamodel, roles
from simulator.datamodel import Release
from simulator.tables import Record

_TEXTS = {
    "pool-admin": (
        "The Pool Administrator role has full access to all features and settings, including "
        "accessing Dom0 and managing subjects, roles and external authentication"
    ),
    "pool-operator": (
        "The Pool Operator role manages host- and pool-wide resources, including setting up "
        "storage, creating resource pools and managing patches, high availability (HA) and "
        "workload balancing (WLB)"
    ),
    "vm-power-admin": (
        "The VM Power Administrator role has full access to VM and template management and can "
        "choose where to start VMs and use the dynamic memory control and VM snapshot features"
    ),
    "vm-admin": "The VM Administrator role can manage VMs and templates",
    "vm-operator": "The VM Operator role can use VMs and interact with VM consoles",
    "read-only": "The Read-Only role can log in with basic read-only access",
}
_PERMISSION = "A basic permission"


@functools.cache
def table(release: Release) -> dict[str, Record]:
    """Return the records of all roles, then of all permissions, by reference."""
    messages = datamodel.load(release).messages.values()
    held = {
        role: [each.method for each in messages if roles.suffices(role, each.role)]
        for role in _TEXTS
    }
    every = {role: _record(role, text, held[role]) for role, text in _TEXTS.items()}
    every |= {name: _record(name, _PERMISSION, []) for name in held["pool-admin"]}
    return {ref_of(name): record for name, record in every.items()}


def ref_of(name: str) -> str:
    """Return the reference of a role or permission."""
    return f"OpaqueRef:{_uuid(name)}"


def _uuid(name: str) -> str:
    return str(uuid.UUID(bytes=hashlib.md5(name.encode(), usedforsecurity=False).digest()))


def _record(name: str, description: str, permissions: list[str]) -> Record:
    return {
        "uuid": _uuid(name),
        "name_label": name.lower(),
        "name_description": description,
        "subroles": [ref_of(each) for each in permissions],
        "is_internal": not permissions,
    }
