"""Methods of roles, which are static (ocaml/xapi/xapi_role.ml)."""

from simulator import rbac
from simulator.call import Call
from simulator.errors import Failure, invalid_handle
from simulator.methods import method
from simulator.tables import Record

_ROLES = "subroles<>[]"
_PERMISSIONS = "subroles=[]"


def _register_getter(field: str) -> None:
    async def get(call: Call, role: str) -> object:
        return shown(call, role)[field]

    method(f"role.get_{field}")(get)


for _field in ("uuid", "name_label", "name_description", "subroles", "is_internal"):
    _register_getter(_field)


@method("role.get_all")
async def get_all(call: Call) -> list[str]:
    """List all roles and permissions."""
    return list(_table(call))


@method("role.get_all_records")
async def get_all_records(call: Call) -> dict[str, Record]:
    """Return all roles and permissions."""
    return {ref: shown(call, ref) for ref in _table(call)}


@method("role.get_all_records_where")
async def get_all_records_where(call: Call, expr: str) -> dict[str, Record]:
    """Return the roles or the permissions, whose expressions are fixed; all for any other."""
    chosen = {_ROLES: (True,), _PERMISSIONS: (False,)}.get(expr, (True, False))
    every = {ref: shown(call, ref) for ref in _table(call)}
    return {ref: role for ref, role in every.items() if bool(role["subroles"]) in chosen}


@method("role.get_record")
async def get_record(call: Call, role: str) -> Record:
    """Return a role or permission."""
    return shown(call, role)


@method("role.get_by_uuid")
async def get_by_uuid(call: Call, uuid: str) -> str:
    """Return the role with a UUID."""
    ref = f"OpaqueRef:{uuid}"
    if ref not in _table(call):
        raise Failure("UUID_INVALID", "role", uuid)
    return ref


@method("role.get_by_name_label")
async def get_by_name_label(call: Call, label: str) -> list[str]:
    """List the role with this name."""
    return [ref for ref, role in _table(call).items() if role["name_label"] == label]


@method("role.get_permissions")
async def get_permissions(call: Call, role: str) -> list[str]:
    """List the permissions of a role; a permission has itself."""
    return permissions(call, role)


@method("role.get_permissions_name_label")
async def get_permissions_name_label(call: Call, role: str) -> list[str]:
    """List the names of the permissions of a role."""
    return names(call, permissions(call, role))


@method("role.get_by_permission")
async def get_by_permission(call: Call, permission: str) -> list[str]:
    """List the roles that hold a permission."""
    return [ref for ref, role in _table(call).items() if permission in role["subroles"]]


@method("role.get_by_permission_name_label")
async def get_by_permission_name_label(call: Call, label: str) -> list[str]:
    """List the roles that hold the permission with this name."""
    found = await get_by_name_label(call, label)
    return await get_by_permission(call, found[0]) if found else []


def is_role(call: Call, ref: str) -> bool:
    """Return whether a reference is that of a role or permission."""
    return ref in _table(call)


def permissions(call: Call, role: str) -> list[str]:
    """Return the references of a role's permissions."""
    return shown(call, role)["subroles"] or [role]


def names(call: Call, refs: list[str]) -> list[str]:
    """Return the names of roles or permissions."""
    return [shown(call, ref)["name_label"] for ref in refs]


def shown(call: Call, ref: str) -> Record:
    """Return the record of a role as the release shows it; HANDLE_INVALID where there is none."""
    role = _table(call).get(ref)
    if role is None:
        raise invalid_handle("role", ref)
    hidden = call.db.model.classes["role"].hidden
    return {name: value for name, value in role.items() if name not in hidden}


def _table(call: Call) -> dict[str, Record]:
    return rbac.table(call.db.model.release)
