"""XenServer's own Python client, unmodified, against the simulator."""

from collections.abc import Iterator
from typing import Any

import pytest
import XenAPI


@pytest.fixture
def sdk(served: Any) -> Iterator[XenAPI.Session]:
    """Return the client, logged in as its examples do."""
    session = XenAPI.Session(served.url)
    session.xenapi.login_with_password("root", "xenflow", "1.0", "example")
    yield session
    session.xenapi.session.logout()
    session("close")()


def test_it_lists_machines_and_their_hosts(sdk: Any) -> None:
    machines = {
        record["name_label"]: record
        for record in sdk.xenapi.VM.get_all_records().values()
        if not record["is_a_template"] and not record["is_control_domain"]
    }

    host = machines["web01"]["resident_on"]
    assert machines["web02"]["power_state"] == "Halted"
    assert sdk.xenapi.host.get_name_label(host).startswith("xs")


def test_it_starts_and_stops_a_machine_and_polls_the_task(sdk: Any) -> None:
    """Synchronously, and by an asynchronous call with a task."""
    (machine,) = sdk.xenapi.VM.get_by_name_label("web02")
    sdk.xenapi.VM.start(machine, False, False)

    task = sdk.xenapi.Async.VM.hard_shutdown(machine)
    while sdk.xenapi.task.get_status(task) == "pending":
        pass

    assert sdk.xenapi.task.get_status(task) == "success"
    assert sdk.xenapi.VM.get_power_state(machine) == "Halted"
    sdk.xenapi.task.destroy(task)


def test_it_watches_events(sdk: Any) -> None:
    token = sdk.xenapi.event.inject("pool", sdk.xenapi.pool.get_all()[0])

    events = getattr(sdk.xenapi.event, "from")(["pool"], token, 5.0)

    assert [event["operation"] for event in events["events"]] == ["mod"]
    assert events["valid_ref_counts"]["pool"] == 1


def test_it_hears_refusals_as_failures(sdk: Any) -> None:
    (machine,) = sdk.xenapi.VM.get_by_name_label("web01")

    with pytest.raises(XenAPI.Failure) as caught:
        sdk.xenapi.VM.start(machine, False, False)

    assert caught.value.details == ["VM_BAD_POWER_STATE", machine, "halted", "running"]


def test_it_reads_the_version_of_the_api(sdk: Any) -> None:
    major, minor = sdk.API_version.split(".")

    assert int(major) >= 1
    assert int(minor) >= 0


def test_it_logs_in_again_when_its_session_is_gone(sdk: Any, control: Any) -> None:
    control("restart_toolstack")

    assert sdk.xenapi.VM.get_all()
