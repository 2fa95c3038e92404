"""What is wrong with a message is named by its path, in our words."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from tasks.engine.declaration import message
from tasks.engine.declaration.field_types import Label, Size, VmName
from xenserver import errors


class Disk(BaseModel):
    """A disk to make."""

    model_config = ConfigDict(extra="forbid")

    size: Size
    sr: Label
    mode: str = Field("rw", pattern="^r[wo]$")


def body(
    xen: Any,
    *,
    vm: VmName,
    names: tuple[Label, ...] = (),
    disks: tuple[Disk, ...] = (),
    sizes: dict[str, Size] | None = None,
) -> None:
    """Do something to a VM."""


_NAMES = ", ".join(f"k{n:02}" for n in range(20))

MODEL = message.model_of(body, "xenserver.vm.test", message.ChangingMessage)


def problems(previous: object = None, **fields: Any) -> list[str]:
    """Return what is wrong with a message."""
    with pytest.raises(errors.Refused) as caught:
        message.check(MODEL, {"vm": "web01", **fields}, previous)
    return caught.value.params


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"vm": 1}, "vm: must be text"),
        ({"vm": ""}, "vm: must not be empty"),
        ({"vm": "x" * 2000}, "vm: must have at most 1024 characters"),
        ({"names": "web01"}, "names: must be a list"),
        ({"names": ["web01", 2]}, "names.1: must be text"),
        ({"on_failure": "shrug"}, "on_failure: must be rollback or keep"),
        ({"port": "many"}, "port: must be a whole number"),
        ({"port": 99_999}, "port: must be at most 65535"),
        ({"port": 0}, "port: must be at least 1"),
        ({"async": "perhaps"}, "async: must be true or false"),
        ({"disks": {"size": "1GiB"}}, "disks: must be a list"),
        ({"disks": ["1GiB"]}, "disks.0: must be an object"),
        ({"disks": [{"size": "1GiB"}]}, "disks.0.sr: is missing"),
        ({"disks": [{"size": "1GiB", "sr": "a", "mode": "x"}]}, "disks.0.mode: must match ^r[wo]$"),
        ({"names": ["a\0"]}, "names.0: has the character U+0000 at position 1, which XenServer"),
        ({"names": ["a\tb"]}, "names.0: has the control character U+0009 at position 1"),
        ({"sizes": {"swap": [1]}}, "sizes.swap: must be a size such as 10GiB, 512 MB or a number"),
        ({"sizes": {"swap": -5}}, "sizes.swap: '-5' is not a size such as 10GiB"),
        ({"a\0b": 1}, "a\\u0000b: there is no such field"),
        ({"sizes": {"swap": "huge"}}, "sizes.swap: 'huge' is not a size"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(fields: dict[str, Any], problem: str) -> None:
    """The text says what the value must be."""
    found = problems(**fields)

    assert [text for text in found if text.startswith(problem)], found
    assert not [text for text in found if "Input should" in text or "valid" in text]


def test_an_unknown_field_of_a_structure_lists_its_fields() -> None:
    """They are those of the structure, not those of the message."""
    assert problems(disks=[{"size": "1GiB", "sr": "a", "sise": "1GiB"}]) == [
        "disks.0.sise: there is no such field; it takes size, sr, mode"
    ]


def test_an_unknown_field_of_the_message_lists_its_fields() -> None:
    """They are the operation's own."""
    [problem] = problems(sise=1)

    assert problem.startswith("sise: there is no such field")
    assert "takes vm, names, disks, sizes, and what all take" in problem


@pytest.mark.parametrize(
    ("given", "meant"),
    [("sise", "sizes"), ("Names", "names"), ("time_out", "timeout"), ("tmeout", "timeout")],
)
def test_an_unknown_field_names_the_one_that_it_resembles(given: str, meant: str) -> None:
    """It may be one that every message takes, or be spelled as in another language."""
    [problem] = problems(**{given: 1})

    assert f"there is no such field (did you mean {meant}?); this operation takes" in problem


@pytest.mark.parametrize("given", ["colour", "n" * 65, "names" * 100_000])
def test_an_unknown_field_that_resembles_none_has_no_suggestion(given: str) -> None:
    """A long name is not compared at all."""
    [problem] = problems(**{given: 1})

    assert "did you mean" not in problem


@pytest.mark.parametrize("key", ["names", "deleteDisks", "delete_disks"])
def test_a_field_that_is_given_and_fed_is_refused(key: str) -> None:
    """One of the two would be passed over, in either spelling of its name."""
    fields = {key: ["a"], "feed": {key: "*"}}

    assert problems(["b"], **fields)[0].endswith(": is given, and fed too; leave one out")


def test_a_field_that_is_given_and_fed_is_refused_before_it_is_sent() -> None:
    """A canvas finds out where it is written."""
    with pytest.raises(errors.Refused, match="names: is given, and fed too"):
        message.check_unfed(MODEL, {"vm": "a", "names": ["a"], "feed": {"names": "*"}})


def test_a_positional_argument_in_place_of_a_field_is_explained() -> None:
    """It is not repeated: it may be a secret."""
    with pytest.raises(errors.Refused) as caught:
        message.check(MODEL, {}, "web01")

    assert caught.value.params[0] == "vm: is missing"
    assert 'kwargs={"vm": ...}' in caught.value.params[1]
    assert "web01" not in str(caught.value)


@pytest.mark.parametrize(
    ("previous", "key", "names"),
    [
        ([{"uuid": "a"}, {"uuid": "b"}], "*.uuid", ("a", "b")),
        ({"records": [{"uuid": "a"}, {"uuid": "b"}]}, "records.*.uuid", ("a", "b")),
        ([{"vms": [{"uuid": "a"}]}, {"vms": []}], "0.vms.*.uuid", ("a",)),
        (["a", "b"], "*", ("a", "b")),
        ([], "*.uuid", ()),
    ],
)
def test_a_list_is_fed_from_each_of_several_answers(
    previous: object, key: str, names: tuple[str, ...]
) -> None:
    """A star in the path stands for each one of a list."""
    fed = message.check(MODEL, {"vm": "web01", "feed": {"names": key}}, previous)

    assert getattr(fed, "names") == names  # noqa: B009 - the model is made at run time


TWO = [{"uuid": "a", "name_label": "x"}, {"uuid": "b", "name_label": "y"}]
FOUND = {"count": 2, "records": TWO, "return_result": "2 VMs"}
UNFED: dict[str, tuple[object, str]] = {
    "uid": (FOUND, "it has count, records, return_result"),
    "records.9.uuid": (FOUND, "records is a list of 2, with the places 0 to 1"),
    "records.0.uuid.x": (FOUND, "records.0.uuid is text"),
    "records.0.uid": (FOUND, "records.0 has name_label, uuid"),
    "records[0].uuid": (
        FOUND,
        "it has count, records, return_result; a place in a list is written records.0",
    ),
    "records.uuid": (
        FOUND,
        'records is a list: "records.*.uuid" takes it of each, "records.0.uuid" of the first',
    ),
    "*.uuid": (FOUND, "it is no list, it has count, records, return_result"),
    "*.uid": (TWO, "0 has name_label, uuid"),
    "1.uid": (TWO, "1 has name_label, uuid"),
    "7.uuid": (TWO, "it is a list of 2, with the places 0 to 1"),
    "uids": (TWO, "it is a list of 2, each of which has name_label, uuid"),
    "0.vm": ([], "it is an empty list"),
    "vm": (None, "it is null: no step was before, or it answered nothing"),
    "*": (None, "it is null: no step was before, or it answered nothing"),
    "name": ("text", "it is text"),
    "1_0.uuid": (TWO * 9, "it is a list of 18, each of which has name_label, uuid"),
    "uuid": ({f"k{n:02}": 1 for n in range(40)}, f"it has {_NAMES} and 20 more"),
}


@pytest.mark.parametrize("key", UNFED)
def test_a_wrong_key_to_feed_from_names_where_it_stops(key: str) -> None:
    """The part of the answer that the path reaches, and what can be named there."""
    previous, there = UNFED[key]

    [problem] = problems(previous, feed={"names": key})

    assert problem == f"names: the previous answer has no {key!r} to feed it from; {there}"


def test_null_feeds_nothing() -> None:
    """A search whose only criterion is null finds everything there is."""
    halted = {"records": [{"resident_on": None}]}

    [problem] = problems(halted, feed={"names": "records.0.resident_on"})

    assert problem.startswith("names: the previous answer has null at 'records.0.resident_on'")


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("records.*.uuid", "onFailure: must be rollback or keep; it is fed from {}, a list of 2"),
        ("records.0", "onFailure: must be rollback or keep; it is fed from {}, an object"),
        ("count", "onFailure: must be rollback or keep; it is fed from {}, a number"),
    ],
)
def test_a_wrong_value_that_was_fed_says_where_it_came_from(key: str, problem: str) -> None:
    """The sender knows the path and not the value."""
    assert problems(FOUND, feed={"onFailure": key}) == [problem.format(repr(key))]


def test_an_item_that_was_fed_says_where_it_came_from() -> None:
    """The field is named by the path of its item."""
    assert problems([{"uuid": "a"}, {"uuid": 1}], feed={"names": "*.uuid"}) == [
        "names.1: must be text; it is fed from '*.uuid', a list of 2"
    ]


def test_a_target_and_a_hostname_exclude_each_other() -> None:
    """One of the two would be passed over."""
    [problem] = problems(target="default", hostname="h", username="u")

    assert problem.startswith("target: is given, and hostname")


def test_many_unknown_fields_list_the_fields_once() -> None:
    """The list would be repeated for each of them."""
    found = problems(**{f"field_{n}": n for n in range(9)})

    assert len([text for text in found if "this operation takes" in text]) == 1
    assert found[8] == "field_8: there is no such field"


@pytest.mark.parametrize("name", ["async", "run_async", "runAsync", "cancel_on_timeout"])
def test_what_a_look_up_does_not_take_is_not_unknown(name: str) -> None:
    """The reference lists it among what all take that change something."""
    model = message.model_of(body, "xenserver.vm.look", message.Message)

    with pytest.raises(errors.Refused, match="only operations that change something take it"):
        message.check(model, {"vm": "a", name: True})


def test_the_body_of_an_empty_chord_is_explained() -> None:
    """Celery sends the body with an empty list, which nobody has written."""
    with pytest.raises(errors.Refused, match="a chord without parts"):
        message.check_positional(MODEL, {"vm": "web01"}, [[]], follows=False)
