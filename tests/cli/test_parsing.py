"""What is written on the command line becomes the values of a message."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from cli import message_inputs, parsing
from cli.exit_codes import Code, CommandFailed
from cli.inputs import Kind
from tasks.engine.declaration.field_types import Device, Map, Size
from tasks.engine.declaration.message import ChangingMessage


class Disk(BaseModel):
    """A structure within a message."""

    name: str
    size: Size


class Sample(ChangingMessage):
    """A message with an input of each kind."""

    vm: str
    size: Size = 0
    device: Device | None = None
    bootable: bool = False
    tags: tuple[str, ...] | None = None
    other_config: Map | None = None
    disks: tuple[Disk, ...] = ()


INPUTS = message_inputs.of(Sample)
BY_NAME = {one.field: one for one in INPUTS}


@pytest.mark.parametrize(
    ("field", "kind", "shape"),
    [
        ("vm", Kind.TEXT, "TEXT"),
        ("size", Kind.TEXT, "SIZE"),
        ("device", Kind.TEXT, "TEXT"),
        ("timeout", Kind.TEXT, "DURATION"),
        ("port", Kind.TEXT, "INTEGER"),
        ("bootable", Kind.FLAG, "true|false"),
        ("on_failure", Kind.CHOICE, "rollback|keep"),
        ("tags", Kind.LIST, "TEXT"),
        ("other_config", Kind.MAP, "KEY=VALUE"),
        ("disks", Kind.STRUCTURE, "JSON"),
    ],
)
def test_the_schema_says_how_an_input_is_written(field: str, kind: Kind, shape: str) -> None:
    """No command has types of its own."""
    assert (BY_NAME[field].kind, BY_NAME[field].shape) == (kind, shape)


def test_own_inputs_come_first_and_those_that_must_be_there_before_others() -> None:
    """Help lists them in this order."""
    assert [one.field for one in INPUTS][:2] == ["vm", "size"]
    assert BY_NAME["vm"].required
    assert BY_NAME["target"].common


def test_an_input_is_known_by_its_name_on_the_wire() -> None:
    """`async` is a keyword of Python, so the field has another name."""
    assert (BY_NAME["run_async"].key, BY_NAME["run_async"].option) == ("async", "--async")


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["vm=web01", "size=10GiB"], {"vm": "web01", "size": "10GiB"}),
        (["otherConfig=a=b"], {"other_config": {"a": "b"}}),
        (["other-config=a=b", "other_config=c=d"], {"other_config": {"a": "b", "c": "d"}}),
        (['other_config={"a": "b"}'], {"other_config": {"a": "b"}}),
        (["tags=one", "tags=two"], {"tags": ["one", "two"]}),
        (['tags=["one"]'], {"tags": ["one"]}),
        (['disks=[{"name": "d", "size": "1GiB"}]'], {"disks": [{"name": "d", "size": "1GiB"}]}),
        (["async=true"], {"async": "true"}),
        (["colour=red"], {"colour": "red"}),
    ],
)
def test_pairs_are_read_in_any_spelling(words: list[str], read: dict[str, Any]) -> None:
    """An unknown key is left to the message's own check."""
    assert parsing.pairs(INPUTS, words) == read


def test_options_that_were_not_said_are_not_in_the_message() -> None:
    """The worker fills in the default."""
    wording = {"vm": "web01", "bootable": False, "size": None, "tags": []}

    assert parsing.options(INPUTS, wording) == {"vm": "web01", "bootable": False}


def test_a_structure_is_read_from_a_file(tmp_path: Path) -> None:
    """An @ names the file."""
    path = tmp_path / "disks.json"
    path.write_text(json.dumps([{"name": "d", "size": 1}]), encoding="utf-8")

    assert parsing.value(BY_NAME["disks"], f"@{path}") == [{"name": "d", "size": 1}]


@pytest.mark.parametrize(
    ("field", "text", "wording"),
    [
        ("disks", "[1", "disks: this is not JSON"),
        ("disks", "@nosuch.json", "disks: cannot read nosuch.json"),
        ("other_config", ["a"], "other_config: 'a' is not KEY=VALUE"),
    ],
)
def test_what_cannot_be_read_is_named(field: str, text: Any, wording: str) -> None:
    """The error begins with the key of the input."""
    with pytest.raises(CommandFailed) as stopped:
        parsing.value(BY_NAME[field], text)

    assert stopped.value.failure.code is Code.USAGE
    assert wording in stopped.value.failure.message
