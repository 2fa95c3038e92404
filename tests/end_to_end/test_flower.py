"""Flower shows flows and their steps by name, with their states, and changes nothing."""

import shutil
import subprocess
from pathlib import Path

import pytest
import urllib3

from tests.stack import PATIENCE, StackHarness
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
    result.get(timeout=PATIENCE)
    flower.wait_for(result.id, state="SUCCESS")
    return str(result.id)


def test_it_shows_the_flow_and_its_steps_by_name(
    stack: StackHarness, flower: Flower, run: str
) -> None:
    """All have ended well; the fields of the message are told."""
    flow, *steps = [flower.wait_for(i, state="SUCCESS") for i in stack.runtime.journal.run(run)]

    assert flow["name"] == FLOW
    assert [step["name"] for step in steps] == STEPS
    assert "deb12" in flower.task(run)["kwargs"]


def test_it_shows_what_waits_for_xenserver_as_retried(
    stack: StackHarness, flower: Flower, name: str
) -> None:
    """To Celery what is parked is a task that will be tried again."""
    with stack.xenserver.held():
        result = stack.send(FLOW, template="deb12", name=name)
        clone = stack.until(lambda: stack.runtime.journal.run(result.id)[1:], "the first step")[0]

        assert flower.wait_for(result.id, state="RETRY")["name"] == FLOW
        assert flower.wait_for(clone, state="RETRY")["name"] == "xenserver.vm.clone"

    result.get(timeout=PATIENCE)


def test_it_shows_what_failed(stack: StackHarness, flower: Flower, name: str) -> None:
    """The step that fell and its flow, each with the error."""
    result = stack.send(FLOW, template=name, name=name)
    with pytest.raises(errors.Missing):
        result.get(timeout=PATIENCE)

    for task in stack.runtime.journal.run(result.id):
        flower.wait_for(task, state="FAILURE")
        assert "XENFLOW_NO_SUCH_OBJECT" in flower.task(task)["exception"]


def test_it_asks_for_the_password(flower: Flower) -> None:
    """Who does not know it sees nothing."""
    assert urllib3.request("GET", f"{flower.url}/api/tasks", retries=False).status == DENIED


@pytest.mark.parametrize("act", ["async-apply/xenserver.vm.destroy", "revoke/some-task"])
def test_it_changes_nothing(flower: Flower, act: str) -> None:
    """Not even for those who may look."""
    known = urllib3.make_headers(basic_auth=f"{flower.user}:{flower.password}")
    order = {"kwargs": {"vm": "web02"}}

    told = urllib3.request("POST", f"{flower.url}/api/task/{act}", headers=known, json=order)

    assert told.status == FORBIDDEN


@pytest.mark.skipif(
    CHROMIUM is None, reason="NOT TESTED: there is no Chromium to look at Flower with"
)
def test_a_browser_shows_the_task_list(flower: Flower, run: str, tmp_path: Path) -> None:
    """With the run's id, its name, and the names of its steps."""
    page = _seen(f"{flower.url}/tasks", flower, tmp_path)

    assert run in page
    assert all(f">{name}<" in page for name in (FLOW, *STEPS))


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
        timeout=PATIENCE,
        check=True,
    )
    return asked.stdout
