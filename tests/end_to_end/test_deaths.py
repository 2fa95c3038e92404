"""Processes die with work in their hands: each message still has one answer and one effect."""

import pytest

from tests.stack import PATIENCE, Inhabited

CREATE = "flow.create_vm_from_configured_template"


def all_named(house: Inhabited, prefix: str) -> list[str]:
    return sorted(
        record["name_label"]
        for record in house.xenserver.records("VM").values()
        if record["name_label"].startswith(prefix)
    )


def working_names(house: Inhabited) -> list[str]:
    return all_named(house, "xenflow:")


@pytest.mark.slow
def test_all_workers_die_with_fifty_two_leg_operations_parked(
    frail_house: Inhabited, name: str
) -> None:
    """The XenServer tasks end meanwhile; a new worker gives every answer, and repeats nothing."""
    house = frail_house
    workers = [house.house.worker(name=f"w{n}") for n in range(2)]
    house.house.poller()
    with house.xenserver.held():
        results = [
            house.send("xenserver.vm.install", template="blank", name=f"{name}-{n}")
            for n in range(50)
        ]
        house.until_parked(50)
        house.kill(*workers)
    house.house.worker(name="heir")

    answers = [result.get(timeout=PATIENCE) for result in results]

    assert len({answer["uuid"] for answer in answers}) == 50
    assert all_named(house, name) == sorted(f"{name}-{n}" for n in range(50))
    assert working_names(house) == []
    assert house.xenserver.effects("VM.clone") == 50
    assert house.xenserver.effects("VM.provision") == 50


@pytest.mark.slow
def test_all_workers_die_between_two_legs(frail_house: Inhabited, name: str) -> None:
    """Killed while the first legs land and the second ones begin, at no chosen moment."""
    house = frail_house
    workers = [house.house.worker(name=f"w{n}") for n in range(2)]
    house.house.poller()
    with house.xenserver.held():
        results = [
            house.send("xenserver.vm.install", template="blank", name=f"{name}-{n}")
            for n in range(50)
        ]
        house.until_parked(50)
    house.until(lambda: house.xenserver.effects("VM.provision") >= 5, "some second legs done")
    house.kill(*workers)
    house.house.worker(name="heir")

    assert len({result.get(timeout=PATIENCE)["uuid"] for result in results}) == 50
    assert house.xenserver.effects("VM.clone") == 50
    assert house.xenserver.effects("VM.provision") == 50
    assert working_names(house) == []


@pytest.mark.slow
def test_the_poller_dies_while_it_holds_the_lease(frail_house: Inhabited, name: str) -> None:
    """Another one takes over when the lease has lapsed."""
    house = frail_house
    house.house.worker()
    poller = house.house.poller(name="first")
    with house.xenserver.held():
        results = [
            house.send("xenserver.vm.clone", vm="deb12", name=f"{name}-{n}") for n in range(20)
        ]
        house.until_parked(20)
        house.until(
            lambda: house.runtime.journal.redis.exists("xenflow:lease:default"), "the lease"
        )
        house.kill(poller)
    house.house.poller(name="second")

    assert len({result.get(timeout=PATIENCE)["uuid"] for result in results}) == 20
    assert all_named(house, name) == sorted(f"{name}-{n}" for n in range(20))
    assert house.xenserver.effects("VM.clone") == 20


@pytest.mark.slow
def test_workers_die_with_flows_under_way(frail_house: Inhabited, name: str) -> None:
    """Every flow ends once, with one VM each."""
    house = frail_house
    workers = [house.house.worker(name=f"w{n}") for n in range(2)]
    house.house.poller()
    results = [house.send(CREATE, template="deb12", name=f"{name}-{n}") for n in range(20)]
    house.until(lambda: house.xenserver.effects("VM.clone") >= 10, "half of the clones")
    house.kill(*workers)
    house.house.worker(name="heir")

    answers = [result.get(timeout=PATIENCE) for result in results]

    assert len({answer["uuid"] for answer in answers}) == 20
    assert {answer["power_state"] for answer in answers} == {"Running"}
    assert all_named(house, name) == sorted(f"{name}-{n}" for n in range(20))
    assert house.xenserver.effects("VM.start") == 20


def test_the_toolstack_restarts_with_operations_parked(frail_house: Inhabited, name: str) -> None:
    """Every XenServer task is gone, with or without effect: each operation finds out and ends."""
    house = frail_house
    house.house.worker()
    house.house.poller()
    with house.xenserver.held():
        results = [
            house.send("xenserver.vm.clone", vm="deb12", name=f"{name}-{n}") for n in range(5)
        ]
        house.until_parked(5)
        house.xenserver.control("restart_toolstack", finish=True)
    house.xenserver.log_in()  # sessions are gone with the toolstack

    assert len({result.get(timeout=PATIENCE)["uuid"] for result in results}) == 5
    assert all_named(house, name) == sorted(f"{name}-{n}" for n in range(5))
    assert working_names(house) == []
