"""A record and its hash say the same, and scripts spell no name of their own."""

import re
from dataclasses import fields
from importlib import resources

import pytest

from tasks.engine.journal import record_hash, scripts
from tasks.engine.journal.record import (
    CancelRequest,
    ErrorRecord,
    Failing,
    FailingStage,
    Failure,
    IntendedCall,
    Made,
    Outcome,
    OutcomeStatus,
    Phase,
    Point,
    Record,
    Retry,
    Sent,
)

ERROR = ErrorRecord("Busy", "TOO_BUSY", ["VM", "u"], "it is busy", "Traceback")
FULL = Record(
    name="xenserver.vm.clone",
    inputs={"vm": "deb12", "size": 7, "tags": ["a"]},
    message='{"body": "ü"}',
    undoes=True,
    repeats=2,
    created=1764150000.25,
    phase=Phase.PARKED,
    fencing_token="3",
    known={"vm deb12": "[]"},
    retry=Retry(2, 5.5, "busy"),
    cancel=CancelRequest.REVOKED,
    failing=Failing("step", "name", ERROR),
    stage=FailingStage.STEPS,
    to_undo=[Made("VM", "u", "web01", "xenserver.vm.discard", {"vm": "u"}, ["a", "b"])],
    progress=0.5,
    answer={"return_result": "done"},
    failure=Failure("Busy", "TOO_BUSY", [], "it is busy", kept=[{"uuid": "u"}]),
    points={
        "0": Point(call=IntendedCall("VM.clone", ["ref", {"a": "b"}], 3.5), task="OpaqueRef:t"),
        "0.1": Point(outcome=Outcome(OutcomeStatus.FAILURE, "", ["A", "b"], "now", ERROR)),
        "undo": Point(sent=Sent(2, 7.5), parked=1.0, tidied=True),
    },
)


def test_a_record_comes_back_from_its_hash() -> None:
    assert record_hash.read(record_hash.changes(Record(), FULL)) == FULL


def test_only_what_changed_is_written() -> None:
    changed = FULL.with_point("0", tidied=True)

    assert record_hash.changes(FULL, changed) == {"tidied:0": "true"}
    assert record_hash.changes(FULL, FULL) == {}


def test_what_is_taken_back_is_read_as_absent() -> None:
    """A field of a hash is emptied, not deleted."""
    emptied = record_hash.changes(FULL, FULL.with_point("0", task="", call=None))

    assert record_hash.read(emptied).point("0") == Point()


@pytest.mark.parametrize("hash_", [{"unheard": "of"}, {"nor:0": "this"}, {"colour": "1"}])
def test_fields_of_other_versions_are_passed_over(hash_: dict[str, str]) -> None:
    """A record of a later or earlier release can be read."""
    assert record_hash.read(hash_) == Record()


def test_scripts_are_given_names_of_the_record_alone() -> None:
    assert {field.name for field in fields(Record)} >= record_hash.SCRIPT_FIELDS
    assert {field.name for field in fields(Point)} >= record_hash.SCRIPT_PARTS


@pytest.mark.parametrize(
    "name", [p.name for p in (resources.files(scripts.__package__) / "lua").iterdir()]
)
def test_a_script_uses_names_of_its_tables_and_spells_none(name: str) -> None:
    """What stands in quotes is a command, an option, or what callers hand over; no field."""
    text = re.sub(r"--.*", "", scripts.text_of(name.removesuffix(".lua")))
    used = set(re.findall(r"\b([A-Z]+)\.([a-z_]+)", text))

    assert all(key in scripts.TABLES[table] for table, key in used)
    names = {field.name for field in (*fields(Record), *fields(Point))}
    assert names.isdisjoint(re.findall(r"'([^']*)'", text)) or name == "store_state.lua"


def test_every_name_that_scripts_are_given_is_used() -> None:
    """The list is short because it is exact."""
    lua = resources.files(scripts.__package__) / "lua"
    text = "\n".join(path.read_text("utf-8") for path in lua.iterdir())

    unused = [name for name in record_hash.SCRIPT_FIELDS if f"FIELD.{name}" not in text]
    assert unused == []
