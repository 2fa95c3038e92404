"""The journal's transitions, one by one, on a real server."""

import time
from collections.abc import Iterable

import pytest
from redis import Redis

from tasks.engine.journal import counters
from tasks.engine.journal.entry import Entry, Place, Sending
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.parked import EARLY_FOR, GONE_FOR, Ended, ParkedOperations
from tasks.engine.journal.record import (
    CancelRequest,
    CancelResult,
    ClaimResult,
    Document,
    ErrorRecord,
    Failing,
    Failure,
    Made,
    Outcome,
    OutcomeStatus,
    Record,
)
from tasks.engine.journal.scripts import Overtaken, texts

LONG_AGO = 1.0
FAR = 4e9
SUCCESS = Outcome(OutcomeStatus.SUCCESS)
ERROR = ErrorRecord("Refused", "VM_BAD_POWER_STATE", [], "the VM runs")
FAILURE = Failure("Refused", "VM_BAD_POWER_STATE", [], "the VM runs")
FAILING = Failing("x", "x", ERROR)


@pytest.fixture
def journal(redis: Redis) -> Journal:
    return Journal(redis, Keys(), lease=30, keep=600)


@pytest.fixture
def parked(journal: Journal) -> ParkedOperations:
    return ParkedOperations(journal)


def claim(  # noqa: PLR0913 - a test says of a delivery what matters to it
    journal: Journal,
    operation: str = "op",
    place: Place | None = None,
    *,
    timeout: float = 600.0,
    sending: int = 0,
    queue: str = "change",
    repeat: str = "",
    request: str = "",
) -> Entry:
    first = Record(
        name="xenserver.vm.start",
        message=f"message of {operation}",
        queue=queue,
        request=request,
        delivery=repeat or "first",
    )
    place = place or Place(root=operation)
    return journal.claim(
        operation, place, first, timeout=timeout, sending=sending, repeat=bool(repeat)
    )


def claim_for(journal: Journal, operation: str, place: Place, *, seconds: float) -> Entry:
    """Claim an operation that may take so long."""
    return claim(journal, operation, place, timeout=seconds)


def park(parked: ParkedOperations, entry: Entry, ref: str = "OpaqueRef:t") -> Outcome | None:
    place: Document = {"target": "lab"}
    return parked.park(entry, label="0", ref=ref, target="lab", connection=place, wake=FAR).outcome


def end(ref: str = "OpaqueRef:t", *, keep: int = EARLY_FOR) -> Ended:
    return Ended(ref, SUCCESS, keep)


def _failing(journal: Journal, flow: str) -> Failing:
    record = journal.read(flow)
    assert record is not None
    assert record.failing is not None
    return record.failing


def vm(uuid: str) -> Made:
    return Made("VM", uuid, uuid, "xenserver.vm.discard", {"vm": uuid})


def messages(sendings: Iterable[Sending]) -> list[str]:
    return [sending.message for sending in sendings]


def lapse(journal: Journal, operation: str = "op") -> None:
    """Expire the lease of whoever holds the operation."""
    journal.redis.hset(journal.keys.entry(operation), "held_until", "1")


def test_the_first_delivery_claims(journal: Journal) -> None:
    """A message nobody has seen is claimed, with its first fields written."""
    entry = claim(journal)

    assert (entry.result, entry.record.name) == (ClaimResult.CLAIMED, "xenserver.vm.start")


def test_a_second_delivery_gives_way_to_a_living_holder(journal: Journal) -> None:
    """While one delivery acts, another is deferred until its lease is over."""
    claim(journal)

    assert claim(journal).result is ClaimResult.HELD
    assert journal.redis.zscore(journal.keys.due, "op") is not None


def test_what_a_dead_holder_left_is_claimed_with_a_higher_fencing_token(journal: Journal) -> None:
    """A lease that lapsed is taken over."""
    first = claim(journal)
    lapse(journal)

    second = claim(journal)

    assert second.result is ClaimResult.CLAIMED
    assert int(second.record.fencing_token) > int(first.record.fencing_token)


def test_a_frozen_holder_that_wakes_up_writes_nothing(journal: Journal) -> None:
    """The fencing token refuses every write of a delivery that was overtaken."""
    frozen = claim(journal)
    lapse(journal)
    claim(journal)

    frozen.update_point("0", tidied=True)
    with pytest.raises(Overtaken):
        journal.save(frozen)
    with pytest.raises(Overtaken):
        journal.finish(frozen, Place(root="op"), {"return_result": "stale"})
    with pytest.raises(Overtaken):
        journal.defer(frozen, until=FAR)


def test_a_frozen_holder_parks_nothing(journal: Journal, parked: ParkedOperations) -> None:
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

    journal.renew([(entry.id, entry.record.fencing_token)])

    assert claim(journal).result is ClaimResult.HELD


def test_an_ended_operation_stays_ended(journal: Journal) -> None:
    """A delivery after the end gets the answer."""
    entry = claim(journal)
    journal.finish(entry, Place(root="op"), {"return_result": "VM started"})

    again = claim(journal)

    assert again.result is ClaimResult.ENDED
    assert again.record.answer == {"return_result": "VM started"}


def test_the_operations_that_have_ended_are_counted(journal: Journal) -> None:
    """One that runs counts no more than one that has not begun."""
    claim(journal, "runs")
    journal.finish(claim(journal, "ended"), Place(root="op"), {})

    assert journal.count_ended(["ended", "runs", "waits"]) == 1


def test_operations_are_counted_beside_one_whose_key_somebody_else_has_written(
    journal: Journal,
) -> None:
    """It counts as one that has not ended, and those that have are counted all the same."""
    journal.finish(claim(journal, "ended"), Place(root="op"), {})
    journal.redis.set(journal.keys.entry("spoilt"), "no hash")

    assert journal.count_ended(["spoilt", "ended"]) == 1


def test_parking_lets_go(journal: Journal, parked: ParkedOperations) -> None:
    """A parked operation is held by nobody."""
    park(parked, claim(journal))

    assert claim(journal).result is ClaimResult.CLAIMED


def test_landing_calls_the_operation_back(journal: Journal, parked: ParkedOperations) -> None:
    """The end of a XenServer task is written into the entry, and its message is handed out."""
    park(parked, claim(journal))

    assert messages(parked.land("lab", [end()])) == ["message of op"]
    assert claim(journal).record.point("0").outcome == SUCCESS
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

    assert park(parked, entry) == SUCCESS
    assert entry.record.point("0").outcome == SUCCESS  # what was made is read off it


def test_ends_of_strangers_tasks_are_not_kept(journal: Journal, parked: ParkedOperations) -> None:
    """Only an end that is to be kept leaves an early outcome behind."""
    parked.land("lab", [end(keep=0)])

    assert journal.redis.keys("*early*") == []


def test_all_who_wait_for_one_task_are_called_back(
    journal: Journal, parked: ParkedOperations
) -> None:
    """Several operations may follow the same XenServer task."""
    park(parked, claim(journal, "one"))
    park(parked, claim(journal, "two"))

    assert sorted(messages(parked.land("lab", [end()]))) == ["message of one", "message of two"]


def test_a_landing_nobody_claims_is_sent_again(journal: Journal, parked: ParkedOperations) -> None:
    """Between sending and claiming a worker can die with the message in its hands."""
    park(parked, claim(journal))
    parked.land("lab", [end()])
    journal.redis.zadd(journal.keys.landing, {"op": LONG_AGO})

    assert messages(journal.due()) == ["message of op"]
    assert journal.redis.hget(journal.keys.counters, counters.RESENT) == b"1"


def test_a_claimed_landing_is_forgotten(journal: Journal, parked: ParkedOperations) -> None:
    """Claiming is what ends a landing."""
    park(parked, claim(journal))
    parked.land("lab", [end()])

    claim(journal)

    assert journal.redis.zcard(journal.keys.landing) == 0


def test_a_resting_operation_is_called_back_when_its_moment_comes(journal: Journal) -> None:
    """What waits for time waits in the journal, not in a worker."""
    journal.defer(claim(journal), until=LONG_AGO)

    assert messages(journal.due()) == ["message of op"]
    assert messages(journal.due()) == []


def test_resting_for_a_leg_that_landed_gives_its_outcome(journal: Journal) -> None:
    """A canvas may land before its flow lets go."""
    entry = claim(journal)
    journal.complete("op", "0", SUCCESS)

    assert journal.defer(entry, until=FAR, label="0") == SUCCESS
    assert entry.record.point("0").outcome == SUCCESS


def test_the_poller_is_sent_for_once(journal: Journal, parked: ParkedOperations) -> None:
    """The first that parks sends for a poller; those after it do not."""
    wanted = [
        parked.park(
            claim(journal, op),
            label="0",
            ref=f"OpaqueRef:{op}",
            target="lab",
            connection={"target": "lab"},
            wake=FAR,
        ).poller_wanted
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
    """The target is forgotten when nothing is parked."""
    parked.take_lease("lab", "me", 10_000)

    assert parked.end_lease("lab", "me") is False


def test_no_step_of_a_failing_flow_begins(journal: Journal) -> None:
    """The mark of a failing flow and the beginning of its steps are one atomic matter."""
    claim(journal, "flow")
    journal.fail_flow("flow", FAILING)

    assert claim(journal, "step", Place("flow", ("flow",))).result is ClaimResult.FLOW_FAILING


def test_a_step_deep_inside_a_failing_flow_does_not_begin(journal: Journal) -> None:
    """A step of an inner flow does not begin either."""
    claim(journal, "outer")
    claim(journal, "inner", Place("outer", ("outer",)))
    journal.fail_flow("outer", FAILING)

    assert (
        claim(journal, "step", Place("outer", ("outer", "inner"))).result
        is ClaimResult.FLOW_FAILING
    )


def test_a_step_that_undoes_begins_in_a_failing_flow(journal: Journal) -> None:
    """Undoing is exempt, and is not waited for as an open step."""
    claim(journal, "flow")
    journal.fail_flow("flow", FAILING)

    assert (
        claim(journal, "undo", Place("flow", ("flow",), undoes=True)).result is ClaimResult.CLAIMED
    )
    assert journal.open_steps("flow") == []


def test_a_step_that_falls_makes_its_flow_fail_and_wakes_it(journal: Journal) -> None:
    """The last open step of a failing flow calls the flow back."""
    claim(journal, "flow")
    lapse(journal, "flow")
    place = Place("flow", ("flow",))
    one, two = claim(journal, "one", place), claim(journal, "two", place)

    assert journal.finish(one, place, FAILURE) is None
    woken = journal.finish(two, place, {"uuid": "u"})
    assert messages([woken] if woken else []) == ["message of flow"]
    assert _failing(journal, "flow").step == "one"


def test_what_steps_made_is_listed_last_made_first(journal: Journal) -> None:
    """A flow knows what to undo, and in which order."""
    claim(journal, "flow")
    place = Place("flow", ("flow",))
    for name in ("first", "second"):
        journal.finish(claim(journal, name, place), place, {}, made=[vm(name)])

    assert [thing.uuid for thing in journal.made("flow")] == ["second", "first"]


def test_what_an_inner_flow_made_belongs_to_the_outer_one(journal: Journal) -> None:
    """When an inner flow succeeds, the outer one can undo what it made."""
    claim(journal, "outer")
    inner_place = Place("outer", ("outer",))
    inner = claim(journal, "inner", inner_place)
    step_place = Place("outer", ("outer", "inner"))
    journal.finish(claim(journal, "step", step_place), step_place, {}, made=[vm("u")])

    journal.finish(inner, inner_place, {})

    assert journal.made("outer") == [vm("u")]


@pytest.mark.parametrize(
    ("situation", "result"),
    [
        ("unknown", CancelResult.UNKNOWN),
        ("running", CancelResult.ASKED),
        ("ended", CancelResult.ENDED),
    ],
)
def test_cancelling_says_what_came_of_it(
    journal: Journal, situation: str, result: CancelResult
) -> None:
    """An operation that is not known, under way, or over."""
    if situation != "unknown":
        entry = claim(journal)
    if situation == "ended":
        journal.finish(entry, Place(root="op"), {})

    assert journal.cancel("op", CancelRequest.CANCELLED)[0] is result


def test_an_operation_is_kept_beyond_its_deadline(journal: Journal) -> None:
    """However long it may take, and whatever its steps may."""
    place, month = Place("flow", ("flow",)), 30 * 86400
    claim_for(journal, "flow", Place("flow"), seconds=month)
    for step, seconds in (("long", month), ("short", 1)):
        entry = claim_for(journal, step, place, seconds=seconds)
        journal.finish(entry, place, {}, made=[vm(step)])
    claim_for(journal, "open", place, seconds=month)

    for key in ("op:flow", "op:long", "run:flow", "open:flow", "made:flow", "runs"):
        assert journal.redis.ttl(f"xenflow:{key}") > month


def test_runs_are_forgotten_one_by_one(journal: Journal) -> None:
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
    journal.finish(step, place, {}, made=[vm("u")])
    journal.finish(flow, Place("flow"), {})

    bounded = {key for key in journal.redis.keys("*") if journal.redis.ttl(key) > 0}
    unbounded = set(journal.redis.keys("*")) - bounded
    assert unbounded <= {b"xenflow:targets", b"xenflow:connections", b"xenflow:deliveries"}


def test_nothing_but_a_claim_makes_an_entry(journal: Journal, parked: ParkedOperations) -> None:
    """A call about an operation that nobody knows, or no longer, changes nothing."""
    step = claim(journal, "step", Place("flow", ("flow",)))
    park(parked, step)
    journal.redis.delete(journal.keys.entry("step"))

    journal.mark_published("op")
    journal.mark_answered("op")
    journal.fail_flow("flow", FAILING)
    parked.show_progress("lab", {"OpaqueRef:t": 0.5}, results="r:", document="{}", expires=60)
    assert parked.land("lab", [end()]) == []
    assert journal.complete("op", "0", SUCCESS) is None
    journal.finish(
        claim(journal, "two", Place("flow", ("flow",))), Place("flow", ("flow",)), FAILURE
    )

    assert texts(journal.redis.keys("xenflow:op:*")) == ["xenflow:op:two"]


def test_a_step_that_knew_of_the_failure_and_died_does_not_begin_later(
    journal: Journal,
) -> None:
    """Each claim looks at the flows around, until the step is one of the open steps."""
    claim(journal, "flow")
    journal.fail_flow("flow", FAILING)
    place = Place("flow", ("flow",))
    claim(journal, "step", place)
    lapse(journal, "step")

    assert claim(journal, "step", place).result is ClaimResult.FLOW_FAILING
    assert journal.open_steps("flow") == []


def test_a_step_that_is_open_goes_on_in_a_failing_flow(journal: Journal) -> None:
    """Its flow waits for it."""
    claim(journal, "flow")
    place = Place("flow", ("flow",))
    claim(journal, "step", place)
    lapse(journal, "step")
    journal.fail_flow("flow", FAILING)

    assert claim(journal, "step", place).result is ClaimResult.CLAIMED


def test_times_are_those_of_redis(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose clock is an hour ahead gives no other deadline, and sees the same time."""
    hour = 3_600.0
    here = time.time
    monkeypatch.setattr(time, "time", lambda: here() + hour)

    entry = claim(journal, timeout=600.0)

    assert entry.record.deadline - entry.record.created == pytest.approx(600.0)
    assert abs(entry.now() - here()) < hour / 2
    assert abs(journal.now() - here()) < hour / 2


def test_landings_that_wait_in_their_queue_are_not_sent_again(
    journal: Journal, parked: ParkedOperations
) -> None:
    """However many there are, and however long it takes: one trial for the queue, now and then."""
    backlog = [f"op{number}" for number in range(500)]
    for op in backlog:
        park(parked, claim(journal, op), f"OpaqueRef:{op}")
    parked.land("lab", [end(f"OpaqueRef:{op}") for op in backlog])

    sent = []
    for _ in range(20):
        journal.redis.zadd(journal.keys.landing, dict.fromkeys(backlog, LONG_AGO))
        sent += [sending for _ in range(10) for sending in journal.due()]

    assert len(sent) == 1


def test_a_landing_that_left_its_queue_and_is_in_nobodys_hands_is_sent_again(
    journal: Journal, parked: ParkedOperations
) -> None:
    """Later sendings were claimed; a worker had all the time to claim it, or to give it back."""
    for op in ("lost", "later"):
        park(parked, claim(journal, op), f"OpaqueRef:{op}")
    parked.land("lab", [end("OpaqueRef:lost")])
    [later] = parked.land("lab", [end("OpaqueRef:later")])
    claim(journal, "later", sending=later.number)

    look = {"lost": LONG_AGO}
    journal.redis.zadd(journal.keys.landing, look)
    assert journal.due() == []  # a worker may have it in its hands
    journal.redis.zadd(journal.keys.landing, look)
    assert messages(journal.due()) == ["message of lost"]


def test_a_landing_is_not_lost_because_a_more_urgent_one_was_taken_first(
    journal: Journal, parked: ParkedOperations
) -> None:
    """Messages of another priority have a list of their own, which is emptied first."""
    for op, queue in (("patient", "change"), ("urgent", "change:9")):
        park(parked, claim(journal, op, queue=queue), f"OpaqueRef:{op}")
    parked.land("lab", [end("OpaqueRef:patient")])
    [urgent] = parked.land("lab", [end("OpaqueRef:urgent")])
    claim(journal, "urgent", queue="change:9", sending=urgent.number)

    sent = []
    for _ in range(3):
        journal.redis.zadd(journal.keys.landing, {"patient": LONG_AGO})
        sent += journal.due()

    assert messages(sent) == ["message of patient"]  # the trial of its queue


def test_a_number_that_was_never_sent_says_nothing_of_a_queue(
    journal: Journal, parked: ParkedOperations
) -> None:
    """Whoever makes one up cannot have messages sent again."""
    park(parked, claim(journal, "op"), "OpaqueRef:op")
    parked.land("lab", [end("OpaqueRef:op")])
    claim(journal, "other", sending=10**12)

    assert journal.redis.hget(journal.keys.deliveries, "taken:change") is None


def test_a_task_that_was_swept_before_parking_is_found_by_parking(
    journal: Journal, parked: ParkedOperations
) -> None:
    """Nobody can tell whose it was, so the end of any task is kept for a while."""
    vanished = Outcome(OutcomeStatus.VANISHED)
    entry = claim(journal)
    parked.land("lab", [Ended("OpaqueRef:t", vanished, GONE_FOR)])

    assert park(parked, entry) == vanished


def test_an_end_that_was_seen_is_not_forgotten_when_its_task_is_swept(
    journal: Journal, parked: ParkedOperations
) -> None:
    """The end came first, and says more."""
    entry = claim(journal)
    parked.land("lab", [end()])
    parked.land("lab", [Ended("OpaqueRef:t", Outcome(OutcomeStatus.VANISHED), GONE_FOR)])

    assert park(parked, entry) == SUCCESS


def test_a_failure_that_left_nothing_begins_anew_on_request(journal: Journal) -> None:
    first = claim(journal)
    journal.finish(first, Place("op"), FAILURE)

    again = claim(journal, repeat="second")

    assert again.result is ClaimResult.CLAIMED
    assert again.record.failure is None
    assert int(again.record.fencing_token) > int(first.record.fencing_token)
    assert (first.identity, again.identity) == ("op", "op#1")


def test_a_message_of_which_one_digest_is_known_is_the_same(journal: Journal) -> None:
    """As it came, or as it is read."""
    claim(journal, request="came read")

    assert claim(journal, request="otherwise read").result is ClaimResult.HELD
    assert claim(journal, request="came otherwise").result is ClaimResult.HELD
    assert claim(journal, request="otherwise").result is ClaimResult.ID_TAKEN


@pytest.mark.parametrize("state", ["held", "let go", "ended", "failed"])
def test_a_message_that_asks_for_something_else_claims_nothing(
    journal: Journal, parked: ParkedOperations, state: str
) -> None:
    """However the first stands, and also where the other asks to begin anew after a failure."""
    entry = claim(journal, request="clone:web01")
    if state == "let go":
        park(parked, entry)
    elif state in {"ended", "failed"}:
        journal.finish(entry, Place(root="op"), FAILURE if state == "failed" else {"a": 1})
    before = journal.read("op")

    other = claim(journal, request="destroy:web01", repeat="second")

    assert other.result is ClaimResult.ID_TAKEN
    assert other.record.request == "clone:web01"
    assert journal.read("op") == before
    assert journal.due() == []


def test_what_is_refused_under_an_id_is_counted(journal: Journal) -> None:
    """The latest says why; of an operation that nobody knows, nothing is kept."""
    claim(journal)

    for operation, why in (("op", "first"), ("op", "second"), ("nobody", "third")):
        journal.note_refused(operation, why)

    known = journal.read("op")
    assert known
    assert (known.refused, known.refusals) == ("second", 2)
    assert not journal.knows("nobody")


def test_a_delivery_that_began_a_try_begins_no_other(journal: Journal) -> None:
    """The broker may deliver it again, after it has failed again."""
    journal.finish(claim(journal), Place("op"), FAILURE)
    journal.finish(claim(journal, repeat="second"), Place("op"), FAILURE)

    assert claim(journal, repeat="second").result is ClaimResult.ENDED
    assert claim(journal, repeat="first").result is ClaimResult.CLAIMED


@pytest.mark.parametrize("left", ["answer", "something"])
def test_what_has_an_effect_does_not_begin_anew(journal: Journal, left: str) -> None:
    entry = claim(journal)
    if left == "answer":
        journal.finish(entry, Place("op"), {})
    else:
        journal.finish(entry, Place("op"), FAILURE, leaves=True)

    assert claim(journal, repeat="second").result is ClaimResult.ENDED


def test_a_step_of_the_try_before_does_not_begin(journal: Journal) -> None:
    """Its message may have waited in a queue while its flow failed and began anew."""
    journal.finish(claim(journal, "flow"), Place("flow"), FAILURE)
    claim(journal, "flow", repeat="second")

    stale, fresh = Place("flow", ("flow",)), Place("flow", ("flow",), repeats=1)
    assert claim(journal, "old step", stale).result is ClaimResult.FLOW_FAILING
    assert claim(journal, "new step", fresh).result is ClaimResult.CLAIMED


def test_a_lease_says_by_the_clock_of_the_process_how_long_it_is_good(journal: Journal) -> None:
    """It counts from before the claim was sent; a claim that was lost has nothing left."""
    entry = claim(journal)
    assert 0 < entry.lease.left() <= journal.lease

    lapse(journal)
    claim(journal)

    assert journal.renew([(entry.id, entry.record.fencing_token)]) == [False]


def test_nothing_grows_for_ever(journal: Journal, parked: ParkedOperations) -> None:
    """After 10,000 runs each key that is left has a lifetime, save what has one entry a target."""
    for number in range(10_000):
        operation = f"op{number}"
        entry = claim(journal, operation)
        if number % 10 == 0:
            park(parked, entry, f"OpaqueRef:{operation}")
            parked.land("lab", [end(f"OpaqueRef:{operation}"), end(f"OpaqueRef:other{number}")])
            entry = claim(journal, operation)
        journal.finish(entry, Place(operation), FAILURE if number % 3 else {})
        journal.mark_published(operation)
    parked.take_lease("lab", "me", 10_000)
    parked.end_lease("lab", "me")

    pipe = journal.redis.pipeline(transaction=False)
    keys = texts(journal.redis.keys("*"))
    for key in keys:
        pipe.ttl(key)
    unbounded = {key for key, ttl in zip(keys, pipe.execute(), strict=True) if ttl < 0}
    assert len(keys) > 20_000
    assert unbounded == {"xenflow:deliveries"}
    assert journal.redis.hlen(journal.keys.deliveries) == 1
