"""Storage by a rule: the pool's default, or where most room is."""

import pytest

from tasks import vdi
from tests.tasks.harness import Harness, Record
from xenserver import errors

GIB = 1 << 30


def _made_on(harness: Harness, sr: str, size: object = GIB) -> str:
    answer = harness.do(vdi.create, name="data", sr=sr, size=size)
    return str(harness.see("SR.get_name_label", harness.record("VDI", answer["uuid"])["SR"]))


def test_the_default_is_that_of_the_pool(harness: Harness) -> None:
    [pool] = harness.all("pool")
    harness.see("pool.set_default_SR", pool, harness.ref("SR", "Local storage xs2"))

    assert _made_on(harness, "@default") == "Local storage xs2"


def test_a_pool_without_a_default_is_refused_in_words(harness: Harness) -> None:
    """Somebody has to name one."""
    [pool] = harness.all("pool")
    harness.see("pool.set_default_SR", pool, "OpaqueRef:NULL")

    with pytest.raises(errors.Refused, match="the pool has no default SR; name one"):
        _made_on(harness, "@default")


def test_the_one_with_most_room_is_taken(harness: Harness) -> None:
    assert _made_on(harness, "@room") == "NFS virtual disk storage"


def test_a_name_that_several_bear_means_the_one_with_most_room(harness: Harness) -> None:
    """Where each host has a Local storage, nobody has to know their UUIDs."""
    srs = [harness.ref("SR", f"Local storage xs{number}") for number in (1, 2, 3)]
    for sr in srs:
        harness.see("SR.set_name_label", sr, "Local storage")
    full: Record = {"virtual_size": 64 * GIB, "type": "user", "name_label": "big"}
    flags: Record = {"sharable": False, "read_only": False, "other_config": {}}
    for sr in srs[:2]:
        harness.see("VDI.create", {**full, **flags, "SR": sr})

    with pytest.raises(errors.Ambiguous, match=r"or take the one with most room.*@room:Local st"):
        harness.do(vdi.create, name="data", sr="Local storage", size=GIB)
    answer = harness.do(vdi.create, name="data", sr="@room:Local storage", size=GIB)

    assert harness.record("VDI", answer["uuid"])["SR"] == srs[2]


@pytest.mark.parametrize("sr", ["@room", "@room:Local storage xs1"])
def test_no_room_is_said_with_the_size(harness: Harness, sr: str) -> None:
    """Nothing is made."""
    with pytest.raises(errors.Full, match="has room for"):
        _made_on(harness, sr, "500TiB")


@pytest.mark.parametrize("sr", ["@rooms", "@room:", "@default:NFS"])
def test_what_is_no_rule_is_a_name(harness: Harness, sr: str) -> None:
    """That nobody bears."""
    with pytest.raises(errors.Missing):
        _made_on(harness, sr)
