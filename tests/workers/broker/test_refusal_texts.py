"""What is wrong with a message is in our words, whichever library found it."""

import base64
import json
import pickle
from typing import Any

import pytest

from tests.end_to_end.hostile_messages import DEAD, FIND, REFUSED, Hostile, encoded
from workers.broker.admission import Admission, Sound, Taken
from workers.broker.envelope import Unreadable

LONGEST = 2**20  # bytes of a body, here
FOREIGN = ("Input should", "Value error", "Error", "instance of", "codec", "Expecting", "Field req")


def problems(message: Hostile) -> list[str]:
    """Return what admission finds wrong with a message; of what has no id, why it is put aside."""
    item = message.item("part")
    try:
        admitted = Admission({FIND}, {"xenflow.poll"}, LONGEST).admit(
            Taken(item, len(item), "change", "tag", 0.0)
        )
    except Unreadable as problem:
        return [str(problem)]
    assert isinstance(admitted, Sound)
    return list(json.loads(admitted.message["headers"].get("xenflow_refused", "[]")))


@pytest.mark.parametrize("what", [*REFUSED, *DEAD])
def test_no_text_is_of_a_library(what: str) -> None:
    """A sender cannot know what pydantic, Python or kombu call a thing.

    What an operation adopts is checked by the engine.
    """
    found = problems({**REFUSED, **DEAD}[what])

    assert found or "adoption" in what
    assert not [text for text in found for word in FOREIGN if word in text]


def _step(**members: Any) -> dict[str, Any]:
    return {"task": FIND, "args": [], "kwargs": {}, "options": {}, **members}


WRONG: dict[str, tuple[Hostile, list[str]]] = {
    "a callback that is text": (
        Hostile(embed={"callbacks": "x", "chord": 5}),
        ["embed.callbacks.0: must be an object", "embed.chord: must be an object"],
    ),
    "a step within a canvas": (
        Hostile(
            embed={
                "callbacks": [
                    _step(
                        task="celery.chain",
                        subtask_type="chain",
                        kwargs={"tasks": [_step(options=[])]},
                    )
                ]
            }
        ),
        ["embed.callbacks.0: kwargs.tasks.0.options: must be an object"],
    ),
    "an expiry of one kind or another": (
        Hostile(embed={"callbacks": [_step(options={"expires": "soon"})]}),
        ["embed.callbacks.0.options.expires: must be a number or a moment in ISO 8601"],
    ),
    "a priority below": (
        Hostile(properties={"priority": -1}),
        ["properties.priority: must be at least 0"],
    ),
    "a priority that is a word": (
        Hostile(properties={"priority": "high"}),
        ["properties.priority: must be a whole number"],
    ),
    "retries that are a word": (
        Hostile(headers={"retries": "many", "timelimit": 5}),
        ["headers.retries: must be a whole number", "headers.timelimit: must be a list"],
    ),
    "pickle": (
        Hostile(
            content={"content-type": "application/x-python-serialize"},
            body=encoded(pickle.dumps([[], {}, {}])),
        ),
        ["content-type: must be application/json: send JSON, in Python task_serializer='json'"],
    ),
    "an encoding from long ago": (
        Hostile(content={"content-encoding": "latin-1"}),
        ["content-encoding: must be utf-8: send JSON, in Python task_serializer='json'"],
    ),
    "an id that is a number": (
        Hostile(headers={"id": 5}),
        ["the message has no id; headers.id: must be text"],
    ),
    "a poll without fields": (
        Hostile(headers={"task": "xenflow.poll"}),
        ["kwargs.place: is missing", "kwargs.connection: is missing"],
    ),
    "a body in base64 that is not called so": (
        Hostile(properties={"body_encoding": None}),
        ['body: is not JSON but base64: set properties.body_encoding to "base64"'],
    ),
    "a body in base64 without properties": (
        Hostile(properties=None),
        ['body: is not JSON but base64: set properties.body_encoding to "base64"'],
    ),
    "a body called base64 that is JSON": (
        Hostile(body="[[], {}, {}]"),
        ["body: is not base64, which properties.body_encoding says it is"],
    ),
    "a body that ends too early": (
        Hostile(body=encoded(b"[[], {}, {}")),
        ["body: is not JSON: it ends too early"],
    ),
    "a body with a comma too many": (
        Hostile(body=encoded(b"[[], {,}, {}]")),
        ["body: is not JSON: it is wrong from character 7 on"],
    ),
    "a number that JSON has not": (
        Hostile(kwargs={"a": {"timeout": float("nan")}}),
        ["body: is not JSON: kwargs.a.timeout is no number that JSON has"],
    ),
    "a number that JSON has not, behind what a body holds": (
        Hostile(body=encoded(b"[[], {}, {}, [NaN]]")),
        ["body: is not JSON: 3.0 is no number that JSON has"],
    ),
    "a number that JSON has not, alone": (
        Hostile(body=encoded(b"NaN")),
        ["body: is not JSON: it is no number that JSON has"],
    ),
    "half a character": (
        Hostile(kwargs={"names": ["a", "\ud800"]}),
        ["body: is not JSON: kwargs.names.1 holds half a character (a lone surrogate)"],
    ),
    "half a character in a name": (
        Hostile(kwargs={"\ud800": 1}),
        ["body: is not JSON: kwargs.\\ud800 holds half a character (a lone surrogate)"],
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_problem_names_the_member_and_what_it_must_be(what: str) -> None:
    """The place is that of the message, and what it must be is what a sender can change."""
    message, texts = WRONG[what]

    assert problems(message) == texts


def test_a_message_that_is_too_long_names_the_bound_of_its_body() -> None:
    """The bound of the whole is another than the one that is documented."""
    [problem] = problems(Hostile(args=["x" * 5 * LONGEST]))

    assert problem.startswith(f"message: is longer than {2 * LONGEST} bytes; its body may have ")
    assert f"{LONGEST}, " in problem


def test_a_body_of_lines_of_base64_is_read() -> None:
    """Some clients break lines, as e-mail does."""
    body = base64.encodebytes(json.dumps([[], {"name": "x" * 99}, {}]).encode()).decode()

    assert problems(Hostile(body=body)) == []


FIND_VM, START, CLONES = "xenserver.vm.find", "xenserver.vm.start", "flow.clone_vms"
UNKNOWN: dict[str, list[str]] = {
    "vm.start": [f"did you mean {START}?", "XENFLOW_OPERATIONS_PATH"],
    "clone_vms": [f"did you mean {CLONES}?"],
    "vm.strat": [f"did you mean {START}?"],
    "xenserver.vm.strat": [f"did you mean {START}?"],
    "xenserver.vm.hibernate": ["XENFLOW_OPERATIONS_PATH"],
    "my.ok": ["a task of another service", "a queue of its own, not change"],
    "celery.backend_cleanup": ["a task of another service"],
    "celery.group": ["send the steps of the canvas"],
}


@pytest.mark.parametrize("task", UNKNOWN)
def test_an_unknown_task_says_what_was_meant(task: str) -> None:
    """A wrong name, an operation that is not loaded, or a message of another service."""
    item = Hostile(headers={"task": task}).item("part")
    admitted = Admission({FIND_VM, START, CLONES}, set(), LONGEST).admit(
        Taken(item, len(item), "change", "tag", 0.0)
    )

    assert isinstance(admitted, Sound)
    [text] = json.loads(admitted.message["headers"]["xenflow_refused"])
    assert not [part for part in UNKNOWN[task] if part not in text]


def test_a_task_of_another_service_is_not_said_to_be_misspelt() -> None:
    """It is sent to the wrong queue, and no name would help."""
    [text] = problems(Hostile(headers={"task": "billing.invoice"}))

    assert "did you mean" not in text
