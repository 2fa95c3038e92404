"""Processes that are told to end do so in order."""

from tests.stack import PATIENCE, Inhabited
from workers.local_stack.supervisor import Member


def told_to_end(*members: Member) -> None:
    for member in members:
        member.process.terminate()
    for member in members:
        assert member.process.wait(timeout=PATIENCE) == 0, member.said()


def test_processes_log_out_of_xenserver_when_they_end(frail_house: Inhabited, name: str) -> None:
    """No session is left that only its age would end."""
    worker, poller = frail_house.house.worker(), frail_house.house.poller()
    before = frail_house.xenserver.control("stats")["sessions"]
    frail_house.do("xenserver.vm.clone", vm="deb12", name=name)

    told_to_end(worker, poller)

    after = frail_house.xenserver.control("stats")["sessions"]
    assert after["logins"] == before["logins"] + 2
    assert after["open"] == before["open"]


def test_what_a_worker_has_in_hand_is_finished_or_left_to_others(
    frail_house: Inhabited, name: str
) -> None:
    """A worker is told to end under load; another one carries on, and nothing is done twice."""
    house = frail_house
    first = house.house.worker(name="first")
    house.house.poller()
    with house.xenserver.held():
        results = [
            house.send("xenserver.vm.clone", vm="deb12", name=f"{name}-{n}") for n in range(30)
        ]
        house.until_parked(10)
        told_to_end(first)
    house.house.worker(name="second")

    assert len({result.get(timeout=PATIENCE)["uuid"] for result in results}) == 30
    assert house.xenserver.effects("VM.clone") == 30


def test_processes_end_when_told_to_though_redis_is_away(frail_house: Inhabited, name: str) -> None:
    """Nothing of theirs waits for it to come back."""
    house = frail_house
    worker, poller = house.house.worker(), house.house.poller()
    house.do("flow.create_vm_from_configured_template", template="deb12", name=name)
    (valkey,) = [member for member in house.members if member.name == "valkey"]
    house.kill(valkey)

    told_to_end(worker, poller)
