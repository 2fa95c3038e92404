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
