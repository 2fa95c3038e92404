"""Workers, poller, reconciler, repeats and crashes in any order: the journal stays right."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from redis import Redis

from tasks.engine.journal import record_hash
from tasks.engine.journal.call_limit import CallLimit
from tasks.engine.journal.entry import Entry, Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.parked import EARLY_FOR, Ended, ParkedOperations
from tasks.engine.journal.record import (
    ClaimResult,
    Document,
    IntendedCall,
    Outcome,
    OutcomeStatus,
    Phase,
    Record,
)
from tasks.engine.journal.scripts import Overtaken

OPERATIONS = ("a", "b", "c")
WORKERS = (0, 1)
MOST = 1  # calls in flight
FAR = 4e9
TARGET: Document = {"target": "lab"}
SUCCESS = Outcome(OutcomeStatus.SUCCESS, "OpaqueRef:made")

workers = st.sampled_from(WORKERS)
operations = st.sampled_from(OPERATIONS)


class JournalMachine(RuleBasedStateMachine):
    """A model of who may act beside the journal on a real server."""

    def __init__(self, redis: Redis) -> None:
        super().__init__()
        redis.flushall()
        self.journal = Journal(redis, Keys(), lease=30, keep=600)
        self.parked = ParkedOperations(self.journal)
        self.limit = CallLimit(self.journal)
        self.hands: dict[int, Entry] = {}  # what each worker believes to hold
        self.holder: dict[str, str] = {}  # operation -> the fencing token that may act
        self.lapsed: set[str] = set()  # held by a claim whose lease is over
        self.free: set[str] = set()  # let go: parked, waiting, deferred or ended
        self.answers: dict[str, str] = {}

    @rule(worker=workers, operation=operations)
    def deliver(self, worker: int, operation: str) -> None:
        """Deliver a message, maybe again: one claim at a time, and an end is given again."""
        first = Record(name="xenserver.vm.clone", message=f"message of {operation}", queue="change")
        entry = self.journal.claim(operation, Place(root=operation), first, timeout=600)

        if operation in self.answers:
            assert entry.result is ClaimResult.ENDED
            assert entry.record.answer == {"return_result": self.answers[operation]}
        elif operation in self.holder and operation not in self.lapsed | self.free:
            assert entry.result is ClaimResult.HELD
        else:
            assert entry.result is ClaimResult.CLAIMED
            assert entry.record.fencing_token != self.holder.get(operation)
            self.holder[operation] = entry.record.fencing_token
            self.lapsed.discard(operation)
            self.free.discard(operation)
            self.hands[worker] = entry

    @rule(worker=workers)
    def call_and_park(self, worker: int) -> None:
        """Admit a call and park on its task; one beyond the limit waits, and is released."""
        entry = self.hands.get(worker)
        if entry is None or entry.record.point("0").outcome:
            return
        intent = {"call:0": record_hash.text(IntendedCall("VM.clone", [], 1.0))}
        found = None
        try:
            if self.limit.admit(entry, "lab", MOST, intent):
                found = self._park(entry)
        except Overtaken:
            assert not self._may_act(entry)
        else:
            assert self._may_act(entry)
            if found is None:  # else the end came first, and the worker goes on
                self._let_go(worker, entry)

    @rule(worker=workers, operation=operations)
    def execute(self, worker: int, operation: str) -> None:
        """Deliver a message to a worker that goes on as far as it goes."""
        self.deliver(worker, operation)
        self.call_and_park(worker)

    def _park(self, entry: Entry) -> Outcome | None:
        ref = f"OpaqueRef:{entry.id}"
        return self.parked.park(
            entry, label="0", ref=ref, target="lab", connection=TARGET, wake=FAR
        ).outcome

    @rule(operation=operations)
    def land(self, operation: str) -> None:
        """Land an end, once or again, before or after the operation parked."""
        ended = Ended(f"OpaqueRef:{operation}", SUCCESS, EARLY_FOR)
        for sending in self.parked.land("lab", [ended]):
            assert sending.message.removeprefix("message of ") not in self.answers

    @rule(worker=workers)
    def finish(self, worker: int) -> None:
        """End an operation with an answer of its own: once, and by who may act."""
        entry = self.hands.get(worker)
        if entry is None:
            return
        text = f"{entry.id} by {entry.record.fencing_token}"
        try:
            self.journal.finish(entry, Place(root=entry.id), {"return_result": text})
        except Overtaken:
            assert not self._may_act(entry)
        else:
            assert self._may_act(entry)
            assert entry.id not in self.answers
            self.answers[entry.id] = text
            self._let_go(worker, entry)

    @rule(worker=workers)
    def defer(self, worker: int) -> None:
        """Defer the operation to a moment that is now."""
        entry = self.hands.get(worker)
        if entry is None:
            return
        try:
            self.journal.defer(entry, until=entry.now())
        except Overtaken:
            assert not self._may_act(entry)
        else:
            assert self._may_act(entry)
            self._let_go(worker, entry)

    @rule(worker=workers)
    def crash(self, worker: int) -> None:
        """Drop what a worker had in hand; its lease runs out."""
        entry = self.hands.pop(worker, None)
        if entry is not None:
            self._lapse(entry)

    @rule(worker=workers)
    def freeze(self, worker: int) -> None:
        """Expire the lease of a worker, which still believes that it holds it."""
        entry = self.hands.get(worker)
        if entry is not None:
            self._lapse(entry)

    @rule()
    def send_what_is_due(self) -> None:
        """Take the messages that are due: those of open operations alone."""
        for sending in self.journal.due():
            assert sending.message.removeprefix("message of ") not in self.answers

    @rule()
    def reconcile(self) -> None:
        """Find stalled operations: open ones that nobody holds."""
        for operation in self.journal.stalled(after=0.0):
            assert operation not in self.answers
            assert operation in self.lapsed | self.free

    @invariant()
    def calls_in_flight_are_within_the_limit(self) -> None:
        """Hold that calls in flight are within the limit, whatever died and in whatever order."""
        assert self.limit.usage("lab", MOST).in_flight <= MOST

    @invariant()
    def an_answer_stays_what_it_was(self) -> None:
        """Hold that an answered operation keeps its answer, and is neither open nor parked."""
        for operation, text in self.answers.items():
            known = self.journal.read(operation)
            assert known is not None
            assert known.answer == {"return_result": text}
            assert known.phase is Phase.ENDED
            assert operation not in self.journal.open_operations(most=100)

    def _may_act(self, entry: Entry) -> bool:
        return self.holder[entry.id] == entry.record.fencing_token

    def _let_go(self, worker: int, entry: Entry) -> None:
        self.free.add(entry.id)
        del self.hands[worker]

    def _lapse(self, entry: Entry) -> None:
        if self._may_act(entry) and entry.id not in self.free:
            self.journal.redis.hset(self.journal.keys.entry(entry.id), "held_until", "1")
            self.lapsed.add(entry.id)


def test_the_journal_stays_right_in_any_order_of_events(redis: Redis) -> None:
    """One answer, one holder, and no more calls in flight than allowed."""

    class OnThisServer(JournalMachine):
        def __init__(self) -> None:
            super().__init__(redis)

    run_state_machine_as_test(
        OnThisServer,
        settings=settings(
            max_examples=200, stateful_step_count=40, deadline=None, derandomize=True, database=None
        ),
    )
