"""Storage by a rule: the pool's default, or where most room is."""

import pytest

from tasks import vdi
from tests.tasks.harness import Lab, Record
from xenserver import errors

GIB = 1 << 30


def _made_on(lab: Lab, sr: str, size: object = GIB) -> str:
    answer = lab.do(vdi.create, name="data", sr=sr, size=size)
    return str(lab.see("SR.get_name_label", lab.record("VDI", answer["uuid"])["SR"]))


def test_the_default_is_that_of_the_pool(lab: Lab) -> None:
    """As it is now."""
    [pool] = lab.all("pool")
    lab.see("pool.set_default_SR", pool, lab.ref("SR", "Local storage xs2"))

    assert _made_on(lab, "@default") == "Local storage xs2"


def test_a_pool_without_a_default_is_refused_in_words(lab: Lab) -> None:
    """Somebody has to name one."""
    [pool] = lab.all("pool")
    lab.see("pool.set_default_SR", pool, "OpaqueRef:NULL")

    with pytest.raises(errors.Refused, match="the pool has no default SR; name one"):
        _made_on(lab, "@default")


def test_the_one_with_most_room_is_taken(lab: Lab) -> None:
    """Of those that keep disks and are attached."""
    assert _made_on(lab, "@room") == "NFS virtual disk storage"


def test_a_name_that_several_bear_means_the_one_with_most_room(lab: Lab) -> None:
    """Where each host has a Local storage, nobody has to know their UUIDs."""
    srs = [lab.ref("SR", f"Local storage xs{number}") for number in (1, 2, 3)]
    for sr in srs:
        lab.see("SR.set_name_label", sr, "Local storage")
    full: Record = {"virtual_size": 64 * GIB, "type": "user", "name_label": "big"}
    flags: Record = {"sharable": False, "read_only": False, "other_config": {}}
    for sr in srs[:2]:
        lab.see("VDI.create", {**full, **flags, "SR": sr})

    with pytest.raises(errors.Ambiguous, match=r"or take the one with most room.*@room:Local st"):
        lab.do(vdi.create, name="data", sr="Local storage", size=GIB)
    answer = lab.do(vdi.create, name="data", sr="@room:Local storage", size=GIB)

    assert lab.record("VDI", answer["uuid"])["SR"] == srs[2]


@pytest.mark.parametrize("sr", ["@room", "@room:Local storage xs1"])
def test_no_room_is_said_with_the_size(lab: Lab, sr: str) -> None:
    """Nothing is made."""
    with pytest.raises(errors.Full, match="has room for"):
        _made_on(lab, sr, "500TiB")


@pytest.mark.parametrize("sr", ["@rooms", "@room:", "@default:NFS"])
def test_what_is_no_rule_is_a_name(lab: Lab, sr: str) -> None:
    """That nobody bears."""
    with pytest.raises(errors.Missing):
        _made_on(lab, sr)
