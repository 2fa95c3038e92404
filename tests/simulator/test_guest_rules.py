"""Guests that misbehave, by rules of the control API."""

import http.client
import json
from typing import Any

import pytest


@pytest.fixture
def networks(xen: Any) -> Any:
    """Return the addresses that a VM's guest reports."""

    def read(vm: str) -> dict[str, str]:
        return dict(xen("VM_guest_metrics.get_networks", xen("VM.get_guest_metrics", vm)))

    return read


@pytest.fixture
def start(xen: Any, halted: str, held: Any) -> Any:
    """Start the halted VM and let its tools report."""

    def run() -> str:
        xen("Async.VM.start", halted, False, False)
        held(10)
        return halted

    return run


def test_an_address_comes_late(control: Any, held: Any, start: Any, networks: Any) -> None:
    """The tools report without one first."""
    control("guest", vm="web*", address=30)
    vm = start()
    assert networks(vm) == {}

    held(30)

    assert networks(vm)["0/ip"].startswith("10.")


def test_a_link_local_address_comes_first(
    control: Any, held: Any, start: Any, networks: Any
) -> None:
    """Then the assigned one, beside which the link-local IPv6 address stays."""
    control("guest", address=30, link_local=True)
    vm = start()
    first = networks(vm)
    assert first["0/ip"] == first["0/ipv4/0"]
    assert first["0/ip"].startswith("169.254.")
    assert first["0/ipv6/0"].startswith("fe80:")

    held(30)

    assert networks(vm)["0/ip"].startswith("10.")
    assert networks(vm)["0/ipv6/0"].startswith("fe80:")
    assert networks(vm)["0/ipv6/1"].startswith("fd00:")


def test_an_address_may_never_come(control: Any, held: Any, start: Any, networks: Any) -> None:
    """The guest keeps its link-local ones."""
    control("guest", address="never", link_local=True)
    vm = start()

    held(50_000)

    assert networks(vm)["0/ip"].startswith("169.254.")


def test_the_tools_may_report_late(xen: Any, control: Any, held: Any, halted: str) -> None:
    control("guest", vm=xen("VM.get_uuid", halted), boot=300)
    xen("Async.VM.start", halted, False, False)
    held(250)
    agent = xen("VM.get_guest_metrics", halted)
    assert xen("VM_guest_metrics.get_PV_drivers_detected", agent) is False

    held(100)

    assert xen("VM_guest_metrics.get_PV_drivers_detected", agent) is True


@pytest.mark.parametrize("method", ["VM.clean_shutdown", "VM.clean_reboot"])
def test_a_guest_may_not_acknowledge_a_request(
    xen: Any, control: Any, held: Any, running: str, method: str
) -> None:
    """The call fails and the VM runs on."""
    control("guest", vm="web01", shutdown="unacknowledged")

    task = xen(f"Async.{method}", running)
    held(61)

    assert xen("task.get_error_info", task) == ["VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT", running]
    assert xen("VM.get_power_state", running) == "Running"


def test_a_guest_may_never_shut_down(xen: Any, control: Any, held: Any, running: str) -> None:
    """The toolstack waits for 20 minutes."""
    control("guest", shutdown="never")

    task = xen("Async.VM.clean_shutdown", running)
    held(1199)
    assert xen("task.get_status", task) == "pending"
    held(2)

    assert xen("task.get_error_info", task) == ["VM_SHUTDOWN_TIMEOUT", running, "1200."]


def test_a_shutdown_of_either_kind_switches_such_a_guest_off(
    xen: Any, control: Any, held: Any, running: str
) -> None:
    """VM.shutdown asks first and then uses force."""
    control("guest", shutdown="unacknowledged")

    task = xen("Async.VM.shutdown", running)
    held(100)

    assert xen("task.get_status", task) == "success"
    assert xen("VM.get_power_state", running) == "Halted"


def test_a_guest_may_not_acknowledge_a_suspend(
    xen: Any, control: Any, held: Any, running: str
) -> None:
    """It runs on, and no image stays behind."""
    control("guest", suspend="unacknowledged")
    disks = set(xen("VDI.get_all"))

    task = xen("Async.VM.suspend", running)
    held(61)

    assert xen("task.get_error_info", task) == ["VM_FAILED_SUSPEND_ACKNOWLEDGMENT", running]
    assert set(xen("VDI.get_all")) == disks


def test_the_latest_rule_for_a_guest_wins(xen: Any, control: Any, held: Any, running: str) -> None:
    control("guest", vm="*", shutdown="never", address=7)
    control("guest", vm="web01", shutdown="clean")

    xen("Async.VM.clean_reboot", running)
    held(20)

    agent = xen("VM.get_guest_metrics", running)
    assert xen("VM_guest_metrics.get_networks", agent)["0/ip"].startswith("10.")
    control("clear")


@pytest.mark.parametrize(
    "fields", [{"shutdown": "later"}, {"address": -1}, {"boot": "soon"}, {"who": "web01"}]
)
def test_a_wrong_rule_is_refused_by_the_name_of_its_field(
    http_request: Any, fields: dict[str, Any]
) -> None:
    http_answer = http_request("POST", "/control", json.dumps({"do": "guest", **fields}).encode())

    assert http_answer.status == http.client.BAD_REQUEST
    assert next(iter(fields)) in json.loads(http_answer.body)["error"]
