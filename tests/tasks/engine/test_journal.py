"""The journal's transitions, one by one, on a real server."""

import json
import time

import pytest
from redis import Redis

from tasks.engine.journal.journal import Entry, Journal, Place
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.parked import Ended, ParkedOperations
from tasks.engine.journal.scripts import Overtaken

LONG_AGO = 1.0
FAR = 4e9
CONNECTION = {"target": "lab"}


@pytest.fixture
def journal(redis: Redis) -> Journal:
    return Journal(redis, Keys(), lease=30, keep=600)


@pytest.fixture
def parked(journal: Journal) -> ParkedOperations:
    return ParkedOperations(journal)


def claim(journal: Journal, operation: str = "op", place: Place | None = None) -> Entry:
    first = {
        "name": "xenserver.vm.start",
        "message": f"message of {operation}",
        "deadline": str(FAR),
    }
    return journal.claim(operation, place or Place(root=operation), first)


def claim_for(journal: Journal, operation: str, place: Place, *, seconds: float) -> Entry:
    """Claim an operation that may take so long."""
    first = {"name": "xenserver.vm.start", "deadline": str(time.time() + seconds)}
    return journal.claim(operation, place, first)


def park(parked: ParkedOperations, entry: Entry, ref: str = "OpaqueRef:t") -> object:
    outcome, _ = parked.park(
        entry, leg="0", ref=ref, target="lab", connection=CONNECTION, wake=FAR, **{"ref:0": ref}
    )
    return outcome


def end(ref: str = "OpaqueRef:t", *, tagged: bool = True) -> Ended:
    return Ended(ref, {"status": "success", "result": "", "error_info": []}, tagged=tagged)


def lapse(journal: Journal, operation: str = "op") -> None:
    """Let the lease of whoever holds the operation be over."""
    journal.redis.hset(journal.keys.entry(operation), "held_until", "1")


def test_the_first_delivery_claims(journal: Journal) -> None:
    """A message nobody has seen is claimed, with its first fields written."""
    entry = claim(journal)

    assert (entry.word, entry.fields["name"], entry.is_new) == (
        "claimed",
        "xenserver.vm.start",
        True,
    )


def test_a_second_delivery_gives_way_to_a_living_holder(journal: Journal) -> None:
    """While one delivery acts, another is told so, and called back when the lease is over."""
    claim(journal)

    assert claim(journal).word == "held"
    assert journal.redis.zscore(journal.keys.due, "op") is not None


def test_what_a_dead_holder_left_is_claimed_with_a_higher_fence(journal: Journal) -> None:
    """A lease that lapsed is taken over."""
    first = claim(journal)
    lapse(journal)

    second = claim(journal)

    assert second.word == "claimed"
    assert int(second.fence) > int(first.fence)


def test_a_frozen_holder_that_wakes_up_writes_nothing(journal: Journal) -> None:
    """The fence refuses every write of a delivery that was overtaken."""
    frozen = claim(journal)
    lapse(journal)
    claim(journal)

    with pytest.raises(Overtaken):
        journal.write(frozen, {"leg:0": "{}"})
    with pytest.raises(Overtaken):
        journal.finish(frozen, Place(root="op"), answer={"return_result": "stale"})
    with pytest.raises(Overtaken):
        journal.rest(frozen, until=FAR)


def test_a_frozen_holder_parks_nothing(journal: Journal, parked: ParkedOperations) -> None:
    """Nor does it park."""
    frozen = claim(journal)
    lapse(journal)
    claim(journal)

    with pytest.raises(Overtaken):
        park(parked, frozen)
    assert parked.count("lab") == 0


def test_a_renewed_lease_does_not_lapse(journal: Journal) -> None:
    """Renewing prolongs the lease of the claim it names, and of no later one."""
    entry = claim(journal)
    lapse(journal)

    journal.renew([(entry.id, entry.fence)])

    assert claim(journal).word == "held"


def test_an_ended_operation_stays_ended(journal: Journal) -> None:
    """A delivery after the end is told the answer."""
    entry = claim(journal)
    journal.finish(entry, Place(root="op"), answer={"return_result": "VM started"})

    again = claim(journal)

    assert again.word == "ended"
    assert again.get("answer") == {"return_result": "VM started"}


def test_parking_lets_go(journal: Journal, parked: ParkedOperations) -> None:
    """A parked operation is held by nobody."""
    park(parked, claim(journal))

    assert claim(journal).word == "claimed"


def test_landing_calls_the_operation_back(journal: Journal, parked: ParkedOperations) -> None:
    """The end of a XenServer task is written into the entry, and its message is handed out."""
    park(parked, claim(journal))

    assert parked.land("lab", [end()]) == ["message of op"]
    assert claim(journal).get("outcome:0")["status"] == "success"
    assert parked.count("lab") == 0


def test_landing_twice_lands_once(journal: Journal, parked: ParkedOperations) -> None:
    """A poller that repeats itself calls nobody back again."""
    park(parked, claim(journal))
    parked.land("lab", [end()])

    assert parked.land("lab", [end()]) == []


def test_an_end_seen_before_parking_is_not_lost(journal: Journal, parked: ParkedOperations) -> None:
    """Parking finds the outcome that came first."""
    entry = claim(journal)
    parked.land("lab", [end()])

    assert park(parked, entry) == {"status": "success", "result": "", "error_info": []}
    assert entry.get("outcome:0")["status"] == "success"  # what was made is read off it


def test_ends_of_strangers_tasks_are_not_kept(journal: Journal, parked: ParkedOperations) -> None:
    """Only tasks that carry our tag leave an early outcome behind."""
    parked.land("lab", [end(tagged=False)])

    assert journal.redis.keys("*early*") == []


def test_all_who_wait_for_one_task_are_called_back(
    journal: Journal, parked: ParkedOperations
) -> None:
    """Several operations may follow the same XenServer task."""
    park(parked, claim(journal, "one"))
    park(parked, claim(journal, "two"))

    assert sorted(parked.land("lab", [end()])) == ["message of one", "message of two"]


def test_a_landing_nobody_claims_is_sent_again(journal: Journal, parked: ParkedOperations) -> None:
    """Between sending and claiming a worker can die with the message in its hands."""
    park(parked, claim(journal))
    parked.land("lab", [end()])
    journal.redis.zadd(journal.keys.landing, {"op": LONG_AGO})

    assert journal.awake() == ["message of op"]


def test_a_claimed_landing_is_forgotten(journal: Journal, parked: ParkedOperations) -> None:
    """Claiming is what ends a landing."""
    park(parked, claim(journal))
    parked.land("lab", [end()])

    claim(journal)

    assert journal.redis.zcard(journal.keys.landing) == 0


def test_a_resting_operation_is_called_back_when_its_moment_comes(journal: Journal) -> None:
    """What waits for time waits in the journal, not in a worker."""
    journal.rest(claim(journal), until=LONG_AGO)

    assert journal.awake() == ["message of op"]
    assert journal.awake() == []


def test_resting_for_a_leg_that_landed_gives_its_outcome(journal: Journal) -> None:
    """A canvas may land before its flow lets go."""
    entry = claim(journal)
    journal.settle("op", "0", {"status": "success", "result": 1})

    assert journal.rest(entry, until=FAR, leg="0") == {"status": "success", "result": 1}
    assert entry.get("outcome:0") == {"status": "success", "result": 1}


def test_the_poller_is_sent_for_once(journal: Journal, parked: ParkedOperations) -> None:
    """The first that parks sends for a poller; those after it do not."""
    wanted = [
        parked.park(
            claim(journal, op),
            leg="0",
            ref=f"OpaqueRef:{op}",
            target="lab",
            connection=CONNECTION,
            wake=FAR,
        )[1]
        for op in ("one", "two")
    ]

    assert wanted == [True, False]


def test_only_one_follows_a_target(parked: ParkedOperations) -> None:
    """The lease is taken by one holder, and prolonged only by that one."""
    assert parked.take_lease("lab", "me", 10_000)
    assert not parked.take_lease("lab", "you", 10_000)
    assert parked.take_lease("lab", "me", 10_000)


def test_a_poller_goes_on_while_something_is_parked(
    journal: Journal, parked: ParkedOperations
) -> None:
    """Giving up the lease tells whether another slice is wanted."""
    parked.take_lease("lab", "me", 10_000)
    park(parked, claim(journal))

    assert parked.end_lease("lab", "me") is True


def test_a_poller_with_nothing_to_follow_ends(parked: ParkedOperations) -> None:
    """With nothing parked the target is forgotten."""
    parked.take_lease("lab", "me", 10_000)

    assert parked.end_lease("lab", "me") is False


def test_no_step_of_a_failing_flow_begins(journal: Journal) -> None:
    """The mark of a failing flow and the beginning of its steps are one atomic matter."""
    claim(journal, "flow")
    journal.fail_flow("flow", {"step": "x"})

    assert claim(journal, "step", Place("flow", ("flow",))).word == "fallen"


def test_a_step_deep_inside_a_failing_flow_does_not_begin(journal: Journal) -> None:
    """Nor does a step of an inner flow."""
    claim(journal, "outer")
    claim(journal, "inner", Place("outer", ("outer",)))
    journal.fail_flow("outer", {"step": "x"})

    assert claim(journal, "step", Place("outer", ("outer", "inner"))).word == "fallen"


def test_a_step_that_undoes_begins_in_a_failing_flow(journal: Journal) -> None:
    """Undoing is exempt, and is not waited for as an open step."""
    claim(journal, "flow")
    journal.fail_flow("flow", {"step": "x"})

    assert claim(journal, "undo", Place("flow", ("flow",), undoes=True)).word == "claimed"
    assert journal.open_steps("flow") == []


def test_a_step_that_falls_makes_its_flow_fail_and_wakes_it(journal: Journal) -> None:
    """The last open step of a failing flow calls the flow back."""
    claim(journal, "flow")
    lapse(journal, "flow")
    place = Place("flow", ("flow",))
    one, two = claim(journal, "one", place), claim(journal, "two", place)

    assert journal.finish(one, place, fault={"type": "Refused"}) == ""
    assert journal.finish(two, place, answer={"uuid": "u"}) == "message of flow"
    assert json.loads(journal.read("flow")["failing"])["step"] == "one"


def test_what_steps_made_is_listed_last_made_first(journal: Journal) -> None:
    """A flow knows what to undo, and in which order."""
    claim(journal, "flow")
    place = Place("flow", ("flow",))
    for name in ("first", "second"):
        journal.finish(claim(journal, name, place), place, answer={}, made=[{"uuid": name}])

    assert [thing["uuid"] for thing in journal.made("flow")] == ["second", "first"]


def test_what_an_inner_flow_made_belongs_to_the_outer_one(journal: Journal) -> None:
    """When an inner flow succeeds, the outer one can undo what it made."""
    claim(journal, "outer")
    inner_place = Place("outer", ("outer",))
    inner = claim(journal, "inner", inner_place)
    step_place = Place("outer", ("outer", "inner"))
    journal.finish(claim(journal, "step", step_place), step_place, answer={}, made=[{"uuid": "u"}])

    journal.finish(inner, inner_place, answer={})

    assert journal.made("outer") == [{"uuid": "u"}]


@pytest.mark.parametrize(
    ("situation", "word"), [("unknown", "unknown"), ("running", "asked"), ("ended", "ended")]
)
def test_calling_off_says_what_came_of_it(journal: Journal, situation: str, word: str) -> None:
    """An operation that is not known, under way, or over."""
    if situation != "unknown":
        entry = claim(journal)
    if situation == "ended":
        journal.finish(entry, Place(root="op"), answer={})

    assert journal.call_off("op", "cancelled")[0] == word


def test_an_operation_is_kept_beyond_its_deadline(journal: Journal) -> None:
    """However long it may take, and whatever its steps may."""
    place, month = Place("flow", ("flow",)), 30 * 86400
    claim_for(journal, "flow", Place("flow"), seconds=month)
    for step, seconds in (("long", month), ("short", 1)):
        entry = claim_for(journal, step, place, seconds=seconds)
        journal.finish(entry, place, answer={}, made=[{"uuid": step}])
    claim_for(journal, "open", place, seconds=month)

    for key in ("op:flow", "op:long", "run:flow", "open:flow", "made:flow", "runs"):
        assert journal.redis.ttl(f"xenflow:{key}") > month


def test_runs_are_forgotten_one_by_one(journal: Journal) -> None:
    """Though new ones come all the time."""
    claim_for(journal, "old", Place("old"), seconds=1)
    journal.redis.zadd(journal.keys.runs, {"old": LONG_AGO})

    claim_for(journal, "new", Place("new"), seconds=1)

    assert journal.runs(most=10) == ["new"]


def test_everything_kept_has_a_lifetime(journal: Journal, parked: ParkedOperations) -> None:
    """No key of an ended operation lives for ever."""
    place = Place("flow", ("flow",))
    flow = claim(journal, "flow")
    step = claim(journal, "step", place)
    park(parked, step)
    parked.land("lab", [end()])
    step = claim(journal, "step", place)
    journal.finish(step, place, answer={}, made=[{"uuid": "u"}])
    journal.finish(flow, Place("flow"), answer={})

    bounded = {key for key in journal.redis.keys("*") if journal.redis.ttl(key) > 0}
    unbounded = set(journal.redis.keys("*")) - bounded
    assert unbounded <= {b"xenflow:targets", b"xenflow:connections"}
