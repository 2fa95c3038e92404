"""The books find what is lost, repeated, left behind, refused without a reason, or stuck."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from simulator.server import serve_in_thread
from tasks.engine.journal.record import Phase, Record
from tests.chaos.books import JUDGED, Balance, Evidence, balance
from tests.chaos.faults import FAULTS
from tests.chaos.jobs import COMMAND, Cancel, Job, Rubbish
from tests.chaos.kinds import KINDS, Kind
from tests.chaos.malformed import MALFORMED
from tests.chaos.pool import Pool
from tests.chaos.schedule import schedule
from tests.stack import Xenserver

SUCCESS: Mapping[str, Any] = {"status": "SUCCESS", "result": {}}
NAME = "k00001"


def kind(task: str) -> Kind:
    return next(kind for kind in KINDS if kind.task == task)


def failure(error: str) -> Mapping[str, Any]:
    return {"status": "FAILURE", "result": {"exc_type": error, "exc_message": ["because"]}}


@dataclass
class Case:
    """A pool in which a test itself does what a worker would do, right or wrong."""

    call: Xenserver
    pool: Pool
    evidence: Evidence = field(init=False)

    def begin(self, task: str, cancel: Cancel | None = None) -> None:
        """Record one job as accepted, and make what it needs."""
        job = Job(NAME, "the-id", kind(task), "bare", (0.0,), cancel)
        self.pool.make_ready([job])
        inventory = self.pool.inventory()
        self._seen = len(self.pool.effects())
        self.evidence = Evidence(
            jobs=[job],
            rubbish=(),
            accepted={job.id: 1},
            answers={},
            changed=frozenset(),
            entries={},
            waiting={},
            before=inventory,
            after=inventory,
            effects=(),
        )

    def machine(self, name: str = NAME) -> str:
        """Return the reference of the machine of that name."""
        [found] = self.call("VM.get_by_name_label", name)
        return str(found)

    def clone(self, name: str = NAME) -> None:
        """Make a clone, as the work of most tests."""
        self.call("VM.clone", self.machine("deb12"), name)

    def books(self, answer: Mapping[str, Any] | None = SUCCESS, **changes: Any) -> Balance:
        """Balance, with what the pool says now."""
        evidence = replace(
            self.evidence,
            answers={"the-id": answer} if answer else {},
            after=self.pool.inventory(),
            effects=self.pool.effects()[self._seen :],
        )
        return balance(replace(evidence, **changes))


@pytest.fixture
def case() -> Iterator[Case]:
    with serve_in_thread() as served:
        call = Xenserver(served.url)
        call.control("durations", set={"VM.clone": 0.0, "VM.clean_reboot": 0.0, "VM.start": 0.0})
        yield Case(call, Pool(call))


def wrong(found: Balance) -> dict[str, int]:
    return {column: found.counts[column] for column in JUDGED if found.counts[column]}


def test_what_went_well_is_even(case: Case) -> None:
    """One message, one answer, one effect."""
    case.begin("xenserver.vm.clone")
    case.clone()

    found = case.books()

    assert (found.accepted, found.answered, wrong(found)) == (1, 1, {})
    assert found.is_even


def test_a_message_without_an_answer_is_lost(case: Case) -> None:
    case.begin("xenserver.vm.clone")

    assert wrong(case.books(None)) == {"lost": 1}


def test_an_operation_that_goes_on_for_ever_is_stuck(case: Case) -> None:
    """The journal knows it, and it has not ended."""
    case.begin("xenserver.vm.clone")

    assert wrong(case.books(None, entries={"the-id": Record(phase=Phase.PARKED)})) == {"stuck": 1}


def test_a_message_that_nobody_acknowledges_is_stuck(case: Case) -> None:
    case.begin("xenserver.vm.clone")
    case.clone()

    assert wrong(case.books(waiting={"unacked": 2})) == {"stuck": 2}


def test_a_success_without_its_effect_is_lost(case: Case) -> None:
    """An answer is no proof."""
    case.begin("xenserver.vm.clone")

    assert wrong(case.books()) == {"lost": 1}


def test_a_second_vm_is_a_repeated_effect(case: Case) -> None:
    """However it is called."""
    case.begin("xenserver.vm.clone")
    case.clone()
    case.clone()

    assert wrong(case.books()) == {"repeated_effects": 1}


def test_a_second_reboot_is_a_repeated_effect(case: Case) -> None:
    case.begin("xenserver.vm.reboot")
    for _ in range(2):
        case.call("VM.clean_reboot", case.machine())

    assert wrong(case.books()) == {"repeated_effects": 1}


def test_a_vm_under_a_working_name_is_an_orphan(case: Case) -> None:
    case.begin("xenserver.vm.clone")
    case.clone()
    case.clone("xenflow:somebody/0")

    assert wrong(case.books()) == {"orphans": 1}


def test_what_a_failure_leaves_is_an_orphan(case: Case) -> None:
    """A caller who hears that it failed cleans nothing up."""
    case.begin("flow.create_vm_from_configured_template")
    case.clone()

    found = case.books(failure("Unreachable"))

    assert wrong(found) == {"orphans": 1, "spurious_failures": 1}


@pytest.mark.parametrize("answer", [failure("Cancelled"), {"status": "REVOKED", "result": {}}])
def test_a_cancelled_run_leaves_nothing(case: Case, answer: Mapping[str, Any]) -> None:
    """What it made is undone, and its end says so."""
    case.begin("flow.create_vm_from_configured_template", Cancel(COMMAND, 1.0))

    found = case.books(answer)
    case.clone()
    left = case.books(answer)

    assert (found.cancelled, wrong(found)) == (1, {})
    assert wrong(left) == {"orphans": 1}


def test_a_cancel_that_came_too_late_changes_nothing(case: Case) -> None:
    case.begin("xenserver.vm.clone", Cancel(COMMAND, 1.0))
    case.clone()

    assert wrong(case.books()) == {}


def test_an_end_as_cancelled_that_nobody_asked_for_is_spurious(case: Case) -> None:
    case.begin("xenserver.vm.clone")

    assert wrong(case.books(failure("Cancelled"))) == {"spurious_failures": 1}


def test_an_error_that_nothing_in_the_work_explains_is_spurious(case: Case) -> None:
    """Trouble of the infrastructure is never the end of an operation."""
    case.begin("xenserver.host.find")

    assert wrong(case.books(failure("ConnectionError"))) == {"spurious_failures": 1}


def test_a_reboot_may_end_unknown(case: Case) -> None:
    """It is counted apart."""
    case.begin("xenserver.vm.reboot")

    found = case.books(failure("Unknown"))

    assert (found.unknown, wrong(found)) == (1, {})


def test_a_machine_in_another_state_than_the_answer_says_is_a_lost_effect(case: Case) -> None:
    """A start that did not start."""
    case.begin("xenserver.vm.start")

    assert wrong(case.books()) == {"lost": 1}


def test_an_answer_that_changes_is_none(case: Case) -> None:
    """The one who asked first holds another one."""
    case.begin("xenserver.host.find")

    assert wrong(case.books(changed=frozenset({"the-id"}))) == {"lost": 1}


def test_a_malformed_message_with_an_id_must_be_answered(case: Case) -> None:
    case.begin("xenserver.host.find")
    readable = next(each for each in MALFORMED if each.answered)
    rubbish, accepted = [Rubbish("r", readable, 0.0)], {"the-id": 1, "r": 1}
    answers = {"the-id": SUCCESS, "r": failure("Refused")}

    assert wrong(case.books(rubbish=rubbish, accepted=accepted)) == {"lost": 1}
    assert wrong(case.books(rubbish=rubbish, accepted=accepted, answers=answers)) == {}


def test_a_seed_plays_the_same_round_again() -> None:
    """Work and faults, moments and dice."""
    seed = 7

    first, again, other = (
        schedule(each, runs=100, seconds=60, scale=1.0) for each in (seed, seed, seed + 1)
    )

    assert first.load == again.load
    assert first.lanes == again.lanes
    assert first.lanes != other.lanes


def test_a_round_of_a_minute_has_every_fault() -> None:
    for seed in range(50):
        plan = schedule(seed, runs=30, seconds=60, scale=1.0)
        assert {i.fault.name for lane in plan.lanes.values() for i in lane} == {
            f.name for f in FAULTS
        }, seed
