"""Flows can have steps that a worker of another service executes."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.conftest import beside
from tests.stack import TIMEOUT, StackHarness, running_stack
from xenserver import errors

OWN = """
from celery import Signature

from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.field_types import Label
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm import copies


@flow(answer=Answer, shape=lambda sent, last: Answer(return_result=str(last)))
def hand_over(*, name: Label, task: Label) -> Canvas:
    \"\"\"Clone a VM and hand it to another service.\"\"\"
    return copies.clone.s(vm="deb12", name=name) | Signature(task, queue="foreign")
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackHarness]:
    """Keep a stack with a flow of its own and a neighbour who does a step of it."""
    own = tmp_path_factory.mktemp("own")
    (own / "handing.py").write_text(OWN, encoding="utf-8")
    with running_stack(tmp_path_factory.mktemp("mixed"), speed=20.0) as stack:
        stack.services.choose(operations_path=str(own))
        stack.services.worker()
        stack.services.poller()
        with beside(stack, tmp_path_factory.mktemp("foreign")):
            yield stack


def test_a_flow_ends_when_somebody_elses_step_has(mixed: StackHarness, name: str) -> None:
    answer = mixed.do("flow.hand_over", name=name, task="foreign.after")

    assert name in answer["return_result"]


def test_a_flow_falls_with_somebody_elses_step(mixed: StackHarness, name: str) -> None:
    """What was created is undone, and the error has the message of that step."""
    result = mixed.send("flow.hand_over", name=name, task="foreign.fail")

    with pytest.raises(errors.Unknown, match="the neighbour is not well"):
        result.get(timeout=TIMEOUT)
    assert mixed.xenserver.named("VM", name) == []
