"""A canvas that a flow sends carries the same ids each time, and each step knows its flow."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, chord, signature
from celery.canvas import maybe_signature
from redis import Redis

from tasks.engine.messages import canvas_ids, publisher
from tasks.engine.messages.canvas_ids import Sender
from tasks.vm import copies, lifecycle
from workers.local_stack.valkey_server import Valkey

CONNECTION = {"target": "lab"}


def _settled(canvas: Any) -> Any:
    return canvas_ids.assign_ids(canvas, "step/0", Sender(("outer", "f1"), "f1", CONNECTION))


def test_every_step_of_a_chain_knows_its_flow_and_its_place() -> None:
    """Built by `|`, as flows are: each step has an id of its own that is the same each time."""
    steps = _settled(signature("one") | signature("two") | signature("three")).tasks

    assert [step.options["headers"][publisher.PATH] for step in steps] == ["outer/f1"] * 3
    assert [step.options["task_id"] for step in steps] == [
        canvas_ids.step_id("f1", f"step/0/{number}") for number in range(3)
    ]


def test_a_chord_within_a_chain_is_settled_too() -> None:
    """Its parts and its body, by their places."""
    inner = chord([signature("part"), signature("part")], signature("body"))

    settled = _settled(signature("one") | inner)

    found = settled.tasks[-1]
    ids = [part.options["task_id"] for part in found.tasks]
    assert ids == [canvas_ids.step_id("f1", f"step/0/1/{number}") for number in range(2)]
    assert found.body.options["task_id"] == canvas_ids.step_id("f1", "step/0/1/body")


def test_the_steps_of_a_canvas_are_counted_through_its_chords() -> None:
    """The body is a step as well."""
    inner = chord([signature("part"), signature("part")], signature("body"))

    ids = canvas_ids.ids(_settled(signature("one") | inner))

    places = ["0", "1/0", "1/1", "1/body"]
    assert ids == [canvas_ids.step_id("f1", f"step/0/{place}") for place in places]


def _taken(step: Any, **handed: Any) -> dict[str, Any]:
    settled = canvas_ids.assign_ids(step, "step/0", Sender(("f1",), "f1", handed))
    return dict(settled.kwargs)


def test_a_step_takes_over_connection_deadline_and_what_becomes_of_what_was_made() -> None:
    """A flow that keeps keeps everything, and one that may take long lets its steps do so."""
    handed = {"target": "lab", "timeout": 7200.0, "on_failure": "keep"}

    taken = _taken(copies.clone.s(vm="deb12", name="web01"), **handed)

    assert taken == {**handed, "vm": "deb12", "name": "web01"}


def test_a_step_that_speaks_to_another_pool_takes_over_nothing_of_the_connection() -> None:
    """A connection is taken over as a whole, or not at all."""
    step = lifecycle.find.s(target="other")

    assert _taken(step, hostname="xs1", username="root", timeout=60.0) == {
        "target": "other",
        "timeout": 60.0,
    }


def test_a_step_is_handed_nothing_that_it_does_not_know() -> None:
    """What only reads makes nothing that could be kept."""
    assert _taken(lifecycle.find.s(), target="lab", on_failure="keep") == {"target": "lab"}


def test_a_canvas_is_sent_again_only_where_all_its_steps_are_ours() -> None:
    """What somebody else's task has done, it would do again."""
    ours: Any = copies.clone.s(vm="a", name="b")
    theirs = signature("theirs")

    assert canvas_ids.is_repeatable(ours | lifecycle.destroy.s(vm="b"))
    assert canvas_ids.is_repeatable(ours | chord([ours, ours], ours))
    assert not canvas_ids.is_repeatable(ours | theirs)
    assert not canvas_ids.is_repeatable(ours | chord([ours, theirs], ours))
    assert not canvas_ids.is_repeatable(theirs)


def _groups(redis: Redis) -> set[str]:
    """Return the groups of the messages that wait, and take them away."""
    waiting: Any = redis.lrange("celery", 0, -1)
    redis.delete("celery")
    return {json.loads(message)["headers"]["group"] for message in waiting}


def _next(redis: Redis, app: Celery) -> Any:
    """Return what follows the step that waits, as a worker would send it, and take that away."""
    waiting: Any = redis.rpop("celery")
    _, _, embedded = json.loads(base64.b64decode(json.loads(waiting)["body"]))
    return maybe_signature(embedded["chain"].pop(), app=app)


@pytest.fixture
def app(valkey: Valkey, redis: Redis) -> Iterator[Celery]:
    """Keep a plain application, on a server that holds nothing."""
    with Celery(broker=valkey.url, backend=valkey.url, set_as_current=False) as app:
        yield app
        backend: Any = app.backend  # its Redis part is without types
        backend.result_consumer.subscribed_to.clear()  # results outlive the server
        backend.result_consumer.stop()
        backend.client.close()


def test_the_parts_of_a_chord_are_counted_under_one_id(app: Celery, redis: Redis) -> None:
    """However often the chord is sent: else half of them is counted here, and half there."""
    chords = [chord([app.signature("part")] * 2, app.signature("body")) for _ in range(2)]

    groups = set()
    for each in chords:
        _settled(each).apply_async()
        groups |= _groups(redis)

    assert groups == {canvas_ids.step_id("f1", "step/0/group")}


def test_the_parts_of_a_chord_within_a_chain_are_counted_under_one_id(
    app: Celery, redis: Redis
) -> None:
    """It is sent by whoever did the step before it."""
    steps = [
        app.signature("one") | chord([app.signature("part")] * 2, app.signature("body"))
        for _ in range(2)
    ]

    groups = set()
    for each in steps:
        _settled(each).apply_async()
        _next(redis, app).apply_async(("answer",))
        groups |= _groups(redis)

    assert groups == {canvas_ids.step_id("f1", "step/0/1/group")}
