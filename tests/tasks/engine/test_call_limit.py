"""Calls in flight at a target are limited, in order of arrival, whatever dies."""

import pytest
from redis import Redis

from tasks.engine.journal import record_hash
from tasks.engine.journal.call_limit import CallLimit, CallUsage
from tasks.engine.journal.entry import Entry, Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.parked import EARLY_FOR, Ended, ParkedOperations
from tasks.engine.journal.record import (
    Document,
    Failure,
    IntendedCall,
    Outcome,
    OutcomeStatus,
    Phase,
    Record,
)

FAR = 4e9
INTENT = IntendedCall("VM.start", ["OpaqueRef:vm", False, False], 1.0)
SUCCESS = Outcome(OutcomeStatus.SUCCESS)
FAILURE = Failure("Refused", "VM_BAD_POWER_STATE", [], "the VM runs")
TARGET: Document = {"target": "lab"}


@pytest.fixture
def journal(redis: Redis) -> Journal:
    return Journal(redis, Keys(), lease=30, keep=600)


@pytest.fixture
def limit(journal: Journal) -> CallLimit:
    return CallLimit(journal)


@pytest.fixture
def parked(journal: Journal) -> ParkedOperations:
    return ParkedOperations(journal)


def claim(journal: Journal, operation: str) -> Entry:
    first = Record(name="xenserver.vm.start", message=f"message of {operation}", queue="change")
    return journal.claim(operation, Place(root=operation), first, timeout=600)


def admit(limit: CallLimit, entry: Entry, most: int = 2) -> bool:
    return limit.admit(entry, "lab", most, {"call:0": record_hash.text(INTENT)})


def park(parked: ParkedOperations, entry: Entry) -> Outcome | None:
    ref = f"OpaqueRef:{entry.id}"
    return parked.park(entry, label="0", ref=ref, target="lab", connection=TARGET, wake=FAR).outcome


def land(parked: ParkedOperations, operation: str) -> list[str]:
    ended = Ended(f"OpaqueRef:{operation}", SUCCESS, EARLY_FOR)
    return [sending.message for sending in parked.land("lab", [ended])]


def due(journal: Journal) -> list[str]:
    return [sending.message for sending in journal.due()]


def test_calls_below_the_limit_are_admitted_and_their_intent_is_written(
    journal: Journal, limit: CallLimit
) -> None:
    """The intent stands in the journal before the call is made."""
    entry = claim(journal, "a")

    assert admit(limit, entry)
    known = journal.read("a")
    assert known
    assert known.point("0").call == INTENT
    assert limit.usage("lab", 2).in_flight == 1


def test_a_call_beyond_the_limit_waits_without_an_intent(
    journal: Journal, limit: CallLimit
) -> None:
    """It is let go: nobody holds it, and recovery has nothing to look for."""
    for name in ("a", "b"):
        assert admit(limit, claim(journal, name))
    third = claim(journal, "c")

    assert not admit(limit, third)

    known = journal.read("c")
    assert known
    assert known.phase is Phase.WAITING
    assert known.held_until == 0
    assert not known.point("0").call
    assert limit.usage("lab", 2) == CallUsage(in_flight=2, waiting=1, limit=2.0)


def test_what_changed_besides_is_written_where_a_call_waits(
    journal: Journal, limit: CallLimit
) -> None:
    """Look-ups of the body are kept: a name goes on meaning what it meant."""
    admit(limit, claim(journal, "a"), most=1)
    entry = claim(journal, "b")
    entry.known["vm web01"] = "[]"

    admit(limit, entry, most=1)

    known = journal.read("b")
    assert known
    assert known.known == {"vm web01": "[]"}


def test_the_place_of_a_landed_call_goes_to_the_one_that_waits_longest(
    journal: Journal, limit: CallLimit, parked: ParkedOperations
) -> None:
    """In one script: its message is handed out with that of the landed operation."""
    first = claim(journal, "a")
    admit(limit, first, most=1)
    park(parked, first)
    for name in ("b", "c"):
        assert not admit(limit, claim(journal, name), most=1)

    sent = land(parked, "a")

    assert sent == ["message of a", "message of b"]
    assert admit(limit, claim(journal, "b"), most=1)
    assert not admit(limit, claim(journal, "c"), most=1)


def test_a_newcomer_does_not_overtake_those_that_wait(
    journal: Journal, limit: CallLimit, parked: ParkedOperations
) -> None:
    """A place that is free at the moment belongs to who waited for it."""
    first = claim(journal, "a")
    admit(limit, first, most=1)
    park(parked, first)
    admit(limit, claim(journal, "b"), most=1)
    land(parked, "a")

    assert not admit(limit, claim(journal, "z"), most=1)
    assert admit(limit, claim(journal, "b"), most=1)


def test_an_operation_that_ends_gives_its_place_back(journal: Journal, limit: CallLimit) -> None:
    """One that failed before its call had an end does so too; the next one is due at once."""
    first = claim(journal, "a")
    admit(limit, first, most=1)
    admit(limit, claim(journal, "b"), most=1)

    journal.finish(first, Place(root="a"), FAILURE)

    assert due(journal) == ["message of b"]
    assert admit(limit, claim(journal, "b"), most=1)


def test_an_operation_that_ends_while_it_waits_is_not_admitted_later(
    journal: Journal, limit: CallLimit, parked: ParkedOperations
) -> None:
    """A place that is given to nobody would be lost."""
    first = claim(journal, "a")
    admit(limit, first, most=1)
    park(parked, first)
    cancelled = claim(journal, "b")
    admit(limit, cancelled, most=1)
    journal.finish(claim(journal, "b"), Place(root="b"), FAILURE)
    admit(limit, claim(journal, "c"), most=1)

    assert land(parked, "a") == ["message of a", "message of c"]


def test_a_call_that_was_not_made_gives_its_place_back(journal: Journal, limit: CallLimit) -> None:
    """Its operation tries again later, and another may call meanwhile."""
    first = claim(journal, "a")
    admit(limit, first, most=1)
    admit(limit, claim(journal, "b"), most=1)

    limit.release(first)

    assert due(journal) == ["message of b"]
    assert limit.usage("lab", 1).in_flight == 1
    assert not admit(limit, first, most=1)


def test_an_end_that_came_before_parking_gives_the_place_back(
    journal: Journal, limit: CallLimit, parked: ParkedOperations
) -> None:
    """The operation goes on at once, and so does who is next."""
    first = claim(journal, "a")
    admit(limit, first, most=1)
    admit(limit, claim(journal, "b"), most=1)
    land(parked, "a")

    assert park(parked, first) == SUCCESS
    assert due(journal) == ["message of b"]
    assert not first.record.calls


def test_places_of_forgotten_operations_are_found_free(journal: Journal, limit: CallLimit) -> None:
    """An entry that is gone, by its lifetime or by hand, holds no place for ever."""
    admit(limit, claim(journal, "a"), most=1)
    journal.redis.delete(journal.keys.entry("a"))

    assert admit(limit, claim(journal, "b"), most=1)


def test_operations_that_wait_are_not_sent_before_their_turn(
    journal: Journal, limit: CallLimit
) -> None:
    """However many there are and however long it takes: only an end, or the deadline, wakes one."""
    admit(limit, claim(journal, "a"), most=1)
    for number in range(300):
        assert not admit(limit, claim(journal, f"b{number}"), most=1)

    assert due(journal) == []
    assert journal.redis.zcount(journal.keys.due, "-inf", journal.now() + 500) == 0


def test_a_place_that_nobody_handed_on_goes_to_the_one_that_waits_longest(
    journal: Journal, limit: CallLimit
) -> None:
    """Its holder's entry is gone: those that wait need not come and look."""
    admit(limit, claim(journal, "a"), most=1)
    for name in ("b", "c"):
        admit(limit, claim(journal, name), most=1)
    journal.redis.delete(journal.keys.entry("a"), f"{journal.keys.calls('lab')}:limit:checked")

    assert due(journal) == ["message of b"]
    assert due(journal) == []
    assert admit(limit, claim(journal, "b"), most=1)


def test_places_that_a_raised_limit_adds_are_handed_out(journal: Journal, limit: CallLimit) -> None:
    """By whoever sends what is due; a newcomer is not needed, nor does it overtake."""
    admit(limit, claim(journal, "a"), most=1)
    for name in ("b", "c", "d"):
        admit(limit, claim(journal, name), most=1)

    assert not admit(limit, claim(journal, "z"), most=3)

    assert due(journal) == ["message of b", "message of c"]


def test_a_delivery_that_comes_again_has_its_place(journal: Journal, limit: CallLimit) -> None:
    """A worker that died after admission counts once."""
    admit(limit, claim(journal, "a"), most=1)
    journal.redis.hset(journal.keys.entry("a"), "held_until", "1")

    assert admit(limit, claim(journal, "a"), most=1)
    assert limit.usage("lab", 1).in_flight == 1


def test_refusals_halve_the_limit_once(journal: Journal, limit: CallLimit) -> None:
    """Many refusals of one moment mean one excess."""
    for name in "abcdefgh":
        admit(limit, claim(journal, name), most=64)

    limit.lower("lab", 64)
    limit.lower("lab", 64)

    assert limit.usage("lab", 64).limit == 4.0
    assert not admit(limit, claim(journal, "z"), most=64)


def test_calls_that_end_raise_a_lowered_limit_up_to_the_profiles(
    journal: Journal, limit: CallLimit, parked: ParkedOperations
) -> None:
    first = claim(journal, "a")
    admit(limit, first, most=2)
    limit.lower("lab", 2)
    assert limit.usage("lab", 2).limit == 1.0

    park(parked, first)
    land(parked, "a")
    assert limit.usage("lab", 2).limit == 2.0

    for name in ("b", "c", "d"):
        entry = claim(journal, name)
        admit(limit, entry, most=2)
        park(parked, entry)
        land(parked, name)
    assert limit.usage("lab", 2).limit == 2.0


def test_targets_do_not_share_their_limits(journal: Journal, limit: CallLimit) -> None:
    """One busy pool delays nobody at another."""
    admit(limit, claim(journal, "a"), most=1)

    assert limit.admit(claim(journal, "b"), "elsewhere", 1, {})
