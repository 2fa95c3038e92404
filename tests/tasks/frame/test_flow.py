"""A canvas that a flow sends carries the same ids each time, and each step knows its flow."""

from typing import Any

from celery import Signature, chord, signature

from tasks.frame import flow, post

CONNECTION = {"target": "lab"}


def _settled(canvas: Signature[Any]) -> Any:  # noqa: ANN401 - celery gives canvases no common type
    return flow.settle(canvas, path=("outer", "f1"), place="step/0", connection=CONNECTION)


def test_every_step_of_a_chain_knows_its_flow_and_its_place() -> None:
    """Built by `|`, as flows are: each step has an id of its own that is the same each time."""
    steps = _settled(signature("one") | signature("two") | signature("three")).tasks

    assert [step.options["headers"][post.PATH] for step in steps] == ["outer/f1"] * 3
    assert [step.options["task_id"] for step in steps] == [
        flow.step_id("f1", f"step/0/{number}") for number in range(3)
    ]


def test_a_chord_within_a_chain_is_settled_too() -> None:
    """Its parts and its body, by their places."""
    inner = chord([signature("part"), signature("part")], signature("body"))

    settled = _settled(signature("one") | inner)

    found = settled.tasks[-1]
    ids = [part.options["task_id"] for part in found.tasks]
    assert ids == [flow.step_id("f1", f"step/0/1/{number}") for number in range(2)]
    assert found.body.options["task_id"] == flow.step_id("f1", "step/0/1/body")
