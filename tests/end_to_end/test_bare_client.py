"""Other services send by name, with nothing of ours; other languages send less than Python does."""

import json
import subprocess
import sys
import sysconfig
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery.result import AsyncResult
from celery.worker import control
from celery.worker import state as worker_state

from tests.end_to_end import messages
from tests.stack import TIMEOUT, StackHarness

FLOW = "flow.create_vm_from_configured_template"
WORK = {
    "an operation": ("xenserver.vm.clone", {"vm": "deb12"}),
    "an operation of two legs": ("xenserver.vm.install", {"template": "Debian Bookworm 12"}),
    "a flow": (FLOW, {"template": "deb12"}),
}


@pytest.fixture(scope="module")
def reply(stack: StackHarness, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Ask as a bare client, in a process without our packages."""
    name = f"bare-{uuid.uuid4().hex[:12]}"
    script = Path(__file__).with_name("bare_client.py")
    broker = stack.services.environment["XENFLOW_REDIS_URL"]
    asked = subprocess.run(
        [sys.executable, "-I", "-S", script, sysconfig.get_path("purelib"), broker, name],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return {"name": name, **json.loads(asked.stdout)}


def test_a_bare_client_is_answered_for_an_operation(
    stack: StackHarness, reply: Mapping[str, Any]
) -> None:
    """The answer has the UUID of the new VM."""
    [made] = stack.xenserver.named("VM", f"{reply['name']}-clone")

    assert reply["clone"]["uuid"] == reply["clone"]["return_result"] == made["uuid"]


def test_a_bare_client_feeds_one_step_from_another(
    stack: StackHarness, reply: Mapping[str, Any]
) -> None:
    """The chain's second step uses the VM that the first one created."""
    [made] = stack.xenserver.named("VM", f"{reply['name']}-fed")

    assert reply["chain"]["uuid"] == made["uuid"]
    assert not made["is_a_template"]


def test_a_bare_client_is_answered_for_a_flow(
    stack: StackHarness, reply: Mapping[str, Any]
) -> None:
    """The answer is the flow's own."""
    [made] = stack.xenserver.named("VM", f"{reply['name']}-flow")

    assert reply["flow"]["uuid"] == made["uuid"]
    assert reply["flow"]["power_state"] == made["power_state"] == "Running"


@pytest.mark.parametrize("protocol", messages.PROTOCOLS)
@pytest.mark.parametrize("work", WORK)
def test_a_message_by_hand_has_one_publication_the_end(
    stack: StackHarness, name: str, protocol: messages.Protocol, work: str
) -> None:
    """It has the id that was sent; clients of other languages take the first one as the end."""
    task, fields = WORK[work]

    with _sent(stack, protocol, task, {**fields, "name": name}, queue="change") as sent:
        publications = sent.publications()

    [made] = stack.xenserver.named("VM", name)
    [end] = publications
    assert (end["task_id"], end["status"]) == (sent.id, "SUCCESS")
    assert end["result"]["uuid"] == made["uuid"]


def test_progress_is_written_and_not_published(stack: StackHarness, name: str) -> None:
    """The result's key has the progress; the channel has only the end."""
    made = stack.do(FLOW, template="deb12", name=name, start=False)
    fields, state = {"vm": made["uuid"]}, stack.app.backend.get_state

    with (
        stack.xenserver.held(),
        _sent(stack, messages.protocol_2, "xenserver.vm.start", fields, queue="change") as sent,
    ):
        stack.until(lambda: state(sent.id) == "PARKED", "parked, and PARKED stored")
        stack.xenserver.control("advance", seconds=2)
        stack.until(lambda: state(sent.id) == "PROGRESS", "progress")
        stack.xenserver.control("release")
        publications = sent.publications()

    assert [reply["status"] for reply in publications] == ["SUCCESS"]


def test_a_plain_worker_leaves_the_state_of_a_parked_operation(
    stack: StackHarness, name: str
) -> None:
    """A worker of Celery's own stores no end when it is to revoke it; the engine does."""
    plain = Celery(backend=stack.services.environment["XENFLOW_REDIS_URL"])
    parked: AsyncResult[Any] = AsyncResult(str(uuid.uuid4()), app=plain)
    revoke, state = control.Panel.data["revoke"], plain.backend.get_state

    with stack.xenserver.held():
        fields = {"vm": "deb12", "name": name}
        stack.app.send_task("xenserver.vm.clone", kwargs=fields, task_id=parked.id)
        stack.until(lambda: state(parked.id) == "PARKED", "parked")
        revoke(SimpleNamespace(app=plain), [parked.id])  # as its worker does
        worker_state.revoked.discard(parked.id)

        assert (state(parked.id), parked.ready()) == ("PARKED", False)
        assert parked.info == {"reason": "waits for VM.clone"}
    assert parked.get(timeout=TIMEOUT)["return_result"]


def test_a_revocation_has_one_publication_the_end(stack: StackHarness, name: str) -> None:
    """When it is published, nothing is left on XenServer."""
    fields = {"vm": "deb12", "name": name}

    with (
        stack.xenserver.held(),
        _sent(stack, messages.protocol_2, "xenserver.vm.clone", fields, queue="change") as sent,
    ):
        read = stack.record
        stack.until(lambda: read(sent.id).phase == "parked", "parked")
        stack.app.control.revoke(sent.id)
        stack.until(lambda: read(sent.id).cancel, "the cancellation")
        stack.xenserver.control("release")
        publications = sent.publications()

    assert [reply["status"] for reply in publications] == ["REVOKED"]
    assert stack.xenserver.named("VM", name) == []


@pytest.mark.parametrize("protocol", messages.PROTOCOLS)
def test_a_failure_by_hand_has_one_publication_the_end(
    stack: StackHarness, name: str, protocol: messages.Protocol
) -> None:
    """It has XenServer's code, in Celery's form of an exception."""
    fields = {"vm": name, "name": name}

    with _sent(stack, protocol, "xenserver.vm.clone", fields, queue="change") as sent:
        publications = sent.publications()

    [end] = publications
    assert (end["task_id"], end["status"]) == (sent.id, "FAILURE")
    assert end["result"]["exc_type"] == "Missing"
    assert end["result"]["exc_message"][0] == "XENFLOW_NO_SUCH_OBJECT"


@pytest.mark.parametrize("protocol", messages.PROTOCOLS)
def test_celerys_default_queue_is_served_too(
    stack: StackHarness, protocol: messages.Protocol
) -> None:
    """Clients without routes send to Celery's default queue."""
    fields = {"name": "web01"}

    with _sent(stack, protocol, "xenserver.vm.find", fields, queue="celery") as sent:
        [end] = sent.publications()

    assert end["result"]["records"][0]["name_label"] == "web01"


class _Sent:
    """A message that was written by hand, and who listens for its end."""

    def __init__(self, stack: StackHarness, task_id: str) -> None:
        self.id = task_id
        self._stack = stack
        redis: Any = stack.runtime.journal.redis  # the client leaves `pubsub` without types
        self._channel = redis.pubsub(ignore_subscribe_messages=True)
        self._channel.subscribe(f"celery-task-meta-{task_id}")

    def publications(self) -> list[dict[str, Any]]:
        """Return all publications until the end, and until another operation has ended."""
        self._stack.until(lambda: self._stack.record(self.id).published, "the end")
        self._stack.do("xenserver.host.find")
        return list(iter(self._next, None))

    def close(self) -> None:
        """Listen no more."""
        self._channel.close()

    def _next(self) -> dict[str, Any] | None:
        while self._channel.connection.can_read(timeout=0):
            heard = self._channel.get_message()
            if heard:
                return dict(json.loads(heard["data"]))
        return None


@contextmanager
def _sent(
    stack: StackHarness,
    protocol: messages.Protocol,
    task: str,
    fields: Mapping[str, Any],
    *,
    queue: str,
) -> Iterator[_Sent]:
    """Write a message by hand, and listen from before it is there."""
    sent = _Sent(stack, str(uuid.uuid4()))
    headers, body = protocol(task, sent.id, fields)
    stack.runtime.journal.redis.lpush(queue, messages.envelope(headers, body, queue=queue))
    try:
        yield sent
    finally:
        sent.close()
