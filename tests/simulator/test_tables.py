"""The database: both ends of a reference, the age of a change, what is encoded once."""

import random

import pytest

from simulator import datamodel, jsonrpc, xmlrpc
from simulator.datamodel import types
from simulator.errors import Failure
from simulator.tables import NULL, Database


def _database(seed: int) -> Database:
    return Database(datamodel.load(), random.Random(seed))  # noqa: S311 - determinism is the point


@pytest.fixture
def db() -> Database:
    """Return an empty database; its seed decides every UUID."""
    return _database(1)


def test_a_record_has_every_field(db: Database) -> None:
    """Those not given have their defaults, and no two records share a list."""
    one, two = db.get("VM", db.create("VM")), db.get("VM", db.create("VM", name_label="b"))

    assert list(one) == list(db.model.classes["VM"].fields)
    assert (one["power_state"], one["resident_on"], two["name_label"]) == ("Halted", NULL, "b")
    assert one["tags"] is not two["tags"]


def test_both_ends_of_a_reference_agree(db: Database) -> None:
    one, two = db.create("VM"), db.create("VM")
    vbd = db.create("VBD", VM=one)
    assert db.get("VM", one)["VBDs"] == [vbd]

    db.put("VBD", vbd, VM=two)
    assert (db.get("VM", one)["VBDs"], db.get("VM", two)["VBDs"]) == ([], [vbd])

    db.destroy("VBD", vbd)
    assert db.get("VM", two)["VBDs"] == []


def test_a_copied_record_does_not_take_the_devices_along(db: Database) -> None:
    """Back references are always those that exist."""
    source = db.create("VM")
    db.create("VBD", VM=source)

    copy = db.create("VM", {**db.get("VM", source), "uuid": ""})

    assert db.get("VM", copy)["VBDs"] == []
    assert db.get("VM", copy)["uuid"] != db.get("VM", source)["uuid"]


def test_what_points_at_a_destroyed_object_dangles(db: Database) -> None:
    vm = db.create("VM")
    vbd = db.create("VBD", VM=vm)

    db.destroy("VM", vm)

    assert db.get("VBD", vbd)["VM"] == vm
    with pytest.raises(Failure, match="HANDLE_INVALID"):
        db.get("VM", vm)


def test_a_change_makes_the_record_younger(db: Database) -> None:
    """Setting what is there already does not."""
    one, two = db.create("VM"), db.create("VM")
    before = db.generation

    db.put("VM", one, name_label="")
    assert list(db.tables["VM"].changed_since(before)) == []

    db.put("VM", one, name_label="a")
    assert [row.ref for row in db.tables["VM"].changed_since(before)] == [one]
    assert [row.ref for row in db.tables["VM"].changed_since(0)] == [one, two]


def test_a_record_is_encoded_anew_only_after_a_change(db: Database) -> None:
    row = db.row("VM", db.create("VM"))
    kind = types.parse("VM record")
    before = xmlrpc.encode(row, kind), jsonrpc.encode(row)
    assert set(row.fragments) == {"json", "xml"}

    db.put("VM", row.ref, name_label="web01")

    assert row.fragments == {}
    after = xmlrpc.encode(row, kind), jsonrpc.encode(row)
    assert all(
        b"web01" in new and b"web01" not in old for old, new in zip(before, after, strict=True)
    )


def test_the_seed_decides_every_reference() -> None:
    """Two databases of one seed are alike, those of two seeds are not."""
    made = [_database(seed).create("VM") for seed in (1, 1, 2)]

    assert made[0] == made[1] != made[2]


def test_objects_are_found_by_the_name_they_have_now(db: Database) -> None:
    one, two, three = (db.create("VM", name_label=name) for name in "aab")

    assert db.where("VM", name_label="a") == [one, two]
    db.put("VM", one, name_label="b")
    assert (db.where("VM", name_label="a"), set(db.where("VM", name_label="b"))) == (
        [two],
        {one, three},
    )
    db.destroy("VM", two)
    assert db.where("VM", name_label="a") == []


def test_a_walk_over_references_is_not_disturbed_by_their_going(db: Database) -> None:
    """Each device that was there at the beginning is met once."""
    vm = db.create("VM")
    vbds = [db.create("VBD", VM=vm) for _ in range(3)]

    met = []
    for vbd in db.get("VM", vm)["VBDs"]:
        met.append(vbd)
        db.destroy("VBD", vbd)

    assert met == vbds


@pytest.mark.parametrize("crowd", [3, 3000])
def test_finding_by_name_looks_at_none_of_the_others(db: Database, crowd: int) -> None:
    """However many there are."""
    refs = [db.create("VM", name_label=f"{number}") for number in range(crowd)]

    candidates = list(db.tables["VM"].candidates({"name_label": "1", "power_state": "Halted"}))

    assert [row.ref for row in candidates] == [refs[1]]
