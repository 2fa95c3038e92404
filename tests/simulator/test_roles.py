"""Roles and their permissions: static, with the UUIDs that every XenServer has."""

from typing import Any

POOL_ADMIN = "0165f154-ba3e-034e-6b27-5d271af109ba"
READ_ONLY = "7233b8e3-eacb-d7da-2c95-f2e581cdbf4e"


def test_roles_have_the_uuids_that_every_xenserver_has(xen: Any) -> None:
    role = xen("role.get_by_uuid", POOL_ADMIN)

    assert role == f"OpaqueRef:{POOL_ADMIN}"
    assert xen("role.get_by_name_label", "pool-admin") == [role]
    assert xen("role.get_by_name_label", "nobody") == []
    assert xen.refusal("role.get_by_uuid", "x") == ["UUID_INVALID", "role", "x"]
    assert xen.refusal("role.get_uuid", "x") == ["HANDLE_INVALID", "role", "x"]


def test_a_role_holds_permissions(xen: Any) -> None:
    """Every message is a permission, in lower case; who holds it can be asked."""
    reader = f"OpaqueRef:{READ_ONLY}"
    names = xen("role.get_permissions_name_label", reader)
    (start,) = xen("role.get_by_name_label", "vm.start")
    holders = xen("role.get_by_permission_name_label", "vm.start")

    assert "vm.get_record" in names
    assert "vm.start" not in names
    assert holders == xen("role.get_by_permission", start)
    assert {xen("role.get_name_label", ref) for ref in holders} == {
        *("pool-admin", "pool-operator", "vm-power-admin", "vm-admin", "vm-operator")
    }
    assert xen("role.get_permissions", start) == [start]
    assert xen("role.get_record", start)["is_internal"] is True


def test_roles_differ_from_permissions(xen: Any) -> None:
    """The two expressions that the toolstack knows; events do not know roles at all."""
    found = xen("role.get_all_records_where", "subroles<>[]")
    others = xen("role.get_all_records_where", "subroles=[]")

    assert len(found) == 6
    assert found.keys() | others.keys() == set(xen("role.get_all"))
    assert xen("event.from", ["role"], "", 0.0)["events"] == []


def test_without_a_directory_there_are_no_subjects(xen: Any) -> None:
    """Whoever is to be added is looked up first."""
    record = {"subject_identifier": "S-1-5-21", "other_config": {}}

    assert xen.refusal("subject.create", record) == ["AUTH_IS_DISABLED"]
    assert xen.refusal("auth.get_subject_identifier", "anna") == ["AUTH_IS_DISABLED"]
    assert xen("subject.get_all") == []
