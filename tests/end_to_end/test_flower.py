"""Flower shows flows and their steps by name, with their states, and changes nothing."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from tests.stack import TIMEOUT, StackHarness
from workers.local_stack.http_probes import Flower
from xenserver import errors

FLOW = "flow.create_vm_from_configured_template"
STEPS = ["xenserver.vm.clone", "xenserver.vm.install", "xenserver.vm.start"]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
DENIED, FORBIDDEN = 401, 403


@pytest.fixture(scope="module")
def flower(stack: StackHarness) -> Flower:
    """Show the shared stack in Flower."""
    url = stack.services.flower()
    return Flower(url, stack.services.environment["XENFLOW_FLOWER_PASSWORD"])


@pytest.fixture
def run(stack: StackHarness, flower: Flower, name: str) -> str:
    """Return the id of a flow that Flower knows has ended."""
    result = stack.send(FLOW, template="deb12", name=name)
    result.get(timeout=TIMEOUT)
    flower.wait_for(result.id, state="SUCCESS")
    return str(result.id)


def test_it_shows_the_flow_and_its_steps_by_name(
    stack: StackHarness, flower: Flower, run: str
) -> None:
    """All have succeeded; the fields of the message are shown."""
    flow, *steps = [flower.wait_for(i, state="SUCCESS") for i in stack.runtime.journal.run(run)]

    assert flow["name"] == FLOW
    assert [step["name"] for step in steps] == STEPS
    assert "deb12" in flower.task(run)["kwargs"]


def test_it_shows_what_a_parked_operation_waits_for(
    stack: StackHarness, flower: Flower, name: str
) -> None:
    """The state is PARKED; the list names the XenServer call, and shows no exception."""
    with stack.xenserver.held():
        result = stack.send(FLOW, template="deb12", name=name)
        clone = stack.until(lambda: stack.runtime.journal.run(result.id)[1:], "the first step")[0]

        assert flower.wait_for(result.id, state="PARKED")["name"] == FLOW
        assert flower.wait_for(clone, state="PARKED")["name"] == "xenserver.vm.clone"
        row = _row(flower, clone)
        assert re.match(r"waits for VM\.clone, (\d+%, )?since ", row["result"])
        assert row["exception"] is None

    result.get(timeout=TIMEOUT)


def test_it_shows_how_long_an_operation_took_as_a_whole(
    stack: StackHarness, flower: Flower, run: str
) -> None:
    """A flow takes as long as its steps together, although its last execution is short."""
    flow, *steps = [_row(flower, task) for task in stack.runtime.journal.run(run)]

    assert flow["runtime"] >= max(step["runtime"] for step in steps)
    assert all(step["received"] >= flow["received"] for step in steps)


def test_its_metrics_count_what_was_parked(flower: Flower, run: str) -> None:
    """Prometheus reads how often each operation was parked, without a password."""
    metrics = urllib3.request("GET", f"{flower.url}/metrics").data.decode()

    assert run
    assert re.search(
        r'^flower_events_total\{task="flow\..*type="task-parked"', metrics, re.MULTILINE
    )


def test_it_does_not_show_tasks_of_the_poller(flower: Flower, run: str) -> None:
    """The list has operations and flows only."""
    assert run in {task["uuid"] for task in flower.tasks()}
    assert {task["name"].partition(".")[0] for task in flower.tasks()} <= {"xenserver", "flow"}


def test_a_revoked_operation_is_shown_as_such(
    stack: StackHarness, flower: Flower, name: str
) -> None:
    """Celery ranks REVOKED below a state that it does not know; the event sets it."""
    with stack.xenserver.held():
        result = stack.send("xenserver.vm.clone", vm="deb12", name=name)
        flower.wait_for(result.id, state="PARKED")

        result.revoke()

        flower.wait_for(result.id, state="REVOKED")


def test_it_shows_what_failed(stack: StackHarness, flower: Flower, name: str) -> None:
    """The failed step and its flow are shown, each with the error."""
    result = stack.send(FLOW, template=name, name=name)
    with pytest.raises(errors.Missing):
        result.get(timeout=TIMEOUT)

    for task in stack.runtime.journal.run(result.id):
        flower.wait_for(task, state="FAILURE")
        assert "XENFLOW_NO_SUCH_OBJECT" in flower.task(task)["exception"]


def test_it_asks_for_the_password(flower: Flower) -> None:
    """Who does not know it sees nothing."""
    assert urllib3.request("GET", f"{flower.url}/api/tasks", retries=False).status == DENIED


@pytest.mark.parametrize("act", ["async-apply/xenserver.vm.destroy", "revoke/some-task"])
def test_it_changes_nothing(flower: Flower, act: str) -> None:
    """A user with the password cannot change anything either."""
    known = urllib3.make_headers(basic_auth=f"{flower.user}:{flower.password}")
    order = {"kwargs": {"vm": "web02"}}

    reply = urllib3.request("POST", f"{flower.url}/api/task/{act}", headers=known, json=order)

    assert reply.status == FORBIDDEN


@pytest.mark.skipif(
    CHROMIUM is None, reason="NOT TESTED: there is no Chromium to look at Flower with"
)
def test_a_browser_shows_the_task_list(flower: Flower, run: str, tmp_path: Path) -> None:
    """With the run's id, its name, and the names of its steps."""
    page = _seen(f"{flower.url}/tasks", flower, tmp_path)

    assert run in page
    assert all(f">{name}<" in page for name in (FLOW, *STEPS))


def _row(flower: Flower, task: str) -> dict[str, Any]:
    """Return a task as the list shows it: what the page loads."""
    known = urllib3.make_headers(basic_auth=f"{flower.user}:{flower.password}")
    query = {"draw": 1, "start": 0, "length": 10_000}
    order = {"order[0][column]": 0, "columns[0][data]": "name", "order[0][dir]": "asc"}
    url = f"{flower.url}/tasks/datatable?{urlencode({**query, **order})}"
    found = urllib3.request("GET", url, headers=known, retries=False).json()["data"]
    return next(dict(row) for row in found if row["uuid"] == task)


def _seen(url: str, flower: Flower, profile: Path) -> str:
    """Return the page as a browser has built it."""
    known = url.replace("://", f"://{flower.user}:{flower.password}@")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    asked = subprocess.run(
        [
            str(CHROMIUM),
            *options,
            *quiet,
            f"--user-data-dir={profile}",
            "--virtual-time-budget=6000",
            "--dump-dom",
            known,
        ],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    return asked.stdout
