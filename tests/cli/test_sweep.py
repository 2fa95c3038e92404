"""`xenflow sweep` says what it would do, asks, and does it."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from config import sealing
from tests.cli.conftest import Run
from tests.stack import StackHarness
from workers.reconciler import orphans


@pytest.fixture
def orphan(stack: StackHarness, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the UUID of a VM that a late call of an ended operation made; leave none."""
    monkeypatch.setattr(orphans, "MIN_AGE", -1.0)
    operation = str(uuid.uuid4())
    stack.send("xenserver.vm.clone", task_id=operation, vm="deb12", name=name).get(timeout=60)
    (template,) = stack.xenserver("VM.get_by_name_label", "deb12")
    ref = stack.xenserver("VM.clone", template, f"xenflow:{operation}/0")
    uuid_ = str(stack.xenserver("VM.get_uuid", ref))
    yield uuid_
    if uuid_ in stack.xenserver.records("VM"):
        stack.xenserver("VM.destroy", ref)


def test_a_dry_run_lists_the_orphan_and_leaves_it(
    run: Run, stack: StackHarness, orphan: str
) -> None:
    ended = run("sweep", "--dry-run", "--json", **stack.services.environment)

    reply = json.loads(ended.out)
    assert ended.code == 0
    assert orphan in {one["uuid"] for one in reply["orphans"]}
    assert orphan in stack.xenserver.records("VM")


def test_nothing_is_destroyed_where_nobody_can_be_asked(
    run: Run, stack: StackHarness, orphan: str
) -> None:
    """There is no terminal, and no `--yes`."""
    ended = run("sweep", **stack.services.environment)

    assert ended.code == 2
    assert "nothing was destroyed: standard input is not a terminal" in ended.err
    assert orphan in stack.xenserver.records("VM")


def test_an_orphan_is_destroyed(run: Run, stack: StackHarness, orphan: str) -> None:
    ended = run("sweep", "--yes", COLUMNS="200", **stack.services.environment)

    assert ended.code == 0
    assert f"{orphan}" in ended.out
    stack.until(lambda: orphan not in stack.xenserver.records("VM"), "it is destroyed")


@pytest.fixture
def host(isolated_stack: StackHarness, tmp_path: Path) -> dict[str, Any]:
    """Run workers that know no target; return the fields of a message that names the pool."""
    none = tmp_path / "none.toml"
    none.touch()
    key = Fernet.generate_key().decode()
    isolated_stack.services.choose(keys=key, allow_http="true", targets=str(none))
    isolated_stack.services.worker()
    isolated_stack.services.poller()
    port = urlsplit(isolated_stack.xenserver.url).port
    where = sealing.address("127.0.0.1", protocol="http", port=port)
    sealed = sealing.Sealer([key]).seal(SecretStr("xenflow"), address=where, user="root")
    named = {"hostname": "127.0.0.1", "port": port, "protocol": "http"}
    return {**named, "username": "root", "password": sealed}


def test_an_orphan_on_a_host_that_a_message_named_is_destroyed(
    run: Run,
    isolated_stack: StackHarness,
    host: dict[str, Any],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No profile leads there; the message did, and its password can be opened for a day."""
    monkeypatch.setattr(orphans, "MIN_AGE", -1.0)
    sent = isolated_stack.send("xenserver.vm.clone", vm="deb12", name=name, **host)
    sent.get(timeout=60)
    (template,) = isolated_stack.xenserver("VM.get_by_name_label", "deb12")
    isolated_stack.xenserver("VM.clone", template, f"xenflow:{sent.id}/0")

    found = run("doctor", "--json", **isolated_stack.services.environment)
    ended = run("sweep", "--yes", "--json", **isolated_stack.services.environment)

    cures = {finding["cure"] for finding in json.loads(found.out)["findings"]}
    assert "xenflow sweep" in cures
    assert ended.code == 0, ended.err
    assert host["password"] not in ended.out
    (one,) = json.loads(ended.out)["orphans"]
    vms = isolated_stack.xenserver.records
    isolated_stack.until(lambda: one["uuid"] not in vms("VM"), "it is destroyed")
    assert len(isolated_stack.xenserver.named("VM", name)) == 1


def test_a_target_that_cannot_be_looked_at_is_named(run: Run, stack: StackHarness) -> None:
    """The exit code says that something was out of reach."""
    ended = run("sweep", "--dry-run", "--target", "nowhere", **stack.services.environment)

    assert ended.code == 3
    assert "nowhere" in ended.err
    assert ended.out == "nothing found; not looked at: nowhere\n"
