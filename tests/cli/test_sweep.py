"""`xenflow sweep` says what it would do, asks, and does it."""

import json
import uuid

import pytest

from tests.cli.conftest import Run
from tests.stack import StackHarness
from workers.reconciler import orphans


@pytest.fixture
def orphan(stack: StackHarness, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the UUID of a VM that a late call of an ended operation made."""
    monkeypatch.setattr(orphans, "MIN_AGE", -1.0)
    operation = str(uuid.uuid4())
    stack.send("xenserver.vm.clone", task_id=operation, vm="deb12", name=name).get(timeout=60)
    (template,) = stack.xenserver("VM.get_by_name_label", "deb12")
    ref = stack.xenserver("VM.clone", template, f"xenflow:{operation}/0")
    return str(stack.xenserver("VM.get_uuid", ref))


def test_a_dry_run_lists_the_orphan_and_leaves_it(
    run: Run, stack: StackHarness, orphan: str
) -> None:
    ended = run("sweep", "--dry-run", "--json", **stack.services.environment)

    reply = json.loads(ended.out)
    assert ended.code == 0
    assert orphan in {one["uuid"] for one in reply["orphans"]}
    assert orphan in stack.xenserver.records("VM")


def test_an_orphan_is_destroyed(run: Run, stack: StackHarness, orphan: str) -> None:
    ended = run("sweep", "--yes", COLUMNS="200", **stack.services.environment)

    assert ended.code == 0
    assert f"{orphan}" in ended.out
    stack.until(lambda: orphan not in stack.xenserver.records("VM"), "it is destroyed")


def test_a_target_that_cannot_be_looked_at_is_named(run: Run, stack: StackHarness) -> None:
    """The exit code says that something was out of reach."""
    ended = run("sweep", "--dry-run", "--target", "nowhere", **stack.services.environment)

    assert ended.code == 3
    assert "nowhere" in ended.err
