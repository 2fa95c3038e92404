"""Messages that the toolstack has removed, and those it does not publish."""

from typing import Any

import pytest

from simulator import datamodel

MODEL = datamodel.load()
REMOVED = [message for message in MODEL.messages.values() if message.removed]


@pytest.mark.parametrize(
    "method",
    [
        *("VBD.get_metrics", "VIF.get_metrics", "VM.get_is_snapshot_from_vmpp"),
        *("VM_metrics.get_VCPUs_utilisation", "VBD_metrics.get_all", "VMPP.get_all"),
        *("PIF_metrics.get_io_read_kbs", "host_metrics.get_memory_free", "VDI.resize_online"),
        *("VM.snapshot_with_quiesce", "host.license_apply", "pool.enable_ssl_legacy"),
    ],
)
def test_a_message_is_marked_as_removed(method: str) -> None:
    """The data model knows the messages that are only a name today."""
    assert MODEL.messages[method].removed


def test_a_removed_message_is_refused_whatever_its_parameters(xen: Any) -> None:
    """Every removed message checks the number of parameters and the session, nothing else."""
    for message in REMOVED:
        params = ["anything"] * message.required
        assert xen.refusal(message.method, *params) == ["MESSAGE_REMOVED"]
        assert xen.refusal(f"Async.{message.method}", *params) == ["MESSAGE_REMOVED"]
    count = xen.refusal("VBD.get_metrics")
    assert count == ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VBD.get_metrics", "1", "0"]
    assert xen.wire.refusal("VBD.get_metrics", "no session", "x") == [
        "SESSION_INVALID",
        "no session",
    ]


def test_records_keep_the_fields_of_removed_getters(xen: Any, halted: str) -> None:
    """A field whose getter is removed stays in the record."""
    assert "is_snapshot_from_vmpp" in xen("VM.get_record", halted)


def test_unpublished_messages_are_listed(wire: Any) -> None:
    """`system.listMethods` names the messages between hosts too."""
    names = set(wire("system.listMethods") if wire.dialect == "json" else [])

    assert wire.dialect == "xml" or {"VM.set_is_default_template", "pool.hello"} <= names


@pytest.mark.parametrize("user", ["root", "operator"])
def test_messages_between_hosts_are_not_for_clients(login: Any, user: str) -> None:
    """The session is looked at before the role, so that no permission is named."""
    client = login(user)
    text = 'Internal API "host.notify" call attempted with non-pool (external) session'

    assert client.refusal("host.notify", "a", "b") == ["INTERNAL_ERROR", text]
    assert client.refusal("Async.host.notify", "a", "b") == ["INTERNAL_ERROR", text]
    assert client.refusal("host.notify")[0] == "MESSAGE_PARAMETER_COUNT_MISMATCH"


@pytest.mark.parametrize(
    ("method", "more"),
    [("VM.update_snapshot_metadata", 4), ("host.get_sched_gran", 1), ("VMSS.set_last_run_time", 2)],
)
def test_some_messages_are_for_the_superuser(login: Any, method: str, more: int) -> None:
    """No role includes the permission for them."""
    operator = login("operator")
    date = ["20260101T00:00:00Z"] * (method != "host.get_sched_gran")
    params = ["OpaqueRef:x", *["OpaqueRef:x"] * (more == 4), *date, *[""] * (more == 4)]

    refusal = operator.refusal(method, *params)

    assert refusal[:2] == ["RBAC_PERMISSION_DENIED", method.lower()]
    assert refusal[2].endswith("(Roles with this permission: )")
