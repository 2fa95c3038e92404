"""A run is read from its entries in the journal, nested as its flows are."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from tasks.engine.journal.entry import Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.record import Outcome, OutcomeStatus, Record
from workers.run_reader import NoSuchRun, Runs

FLOW = "11111111-aaaa-4000-8000-000000000000"
FAULT = {
    "type": "Refused",
    "code": "VM_BAD_POWER_STATE",
    "params": [],
    "message": "VM web01 is running; undone: VM web01",
    "undone": [{"class": "VM", "uuid": "u1", "name": "web01"}],
}

BUSY = {"count": 1, "since": 5.0, "message": "VM web01 is busy"}

Write = Callable[..., None]


@pytest.fixture
def journal(redis: Redis) -> Journal:
    """Open an empty journal."""
    return Journal(redis, Keys("test"), lease=10.0, keep=60)


@pytest.fixture
def write(journal: Journal) -> Write:
    """Write an operation as its first delivery does, then further fields."""

    def entry(
        operation: str,
        *,
        root: str = FLOW,
        path: tuple[str, ...] = (),
        **fields: Any,
    ) -> None:
        reply: dict[Any, Any] = {
            name: v if isinstance(v, str) else json.dumps(v) for name, v in fields.items()
        }
        first = Record(path="/".join(path), target="lab", root=root)
        journal.claim(operation, Place(root, path), first, timeout=60.0)
        journal.redis.hset(journal.keys.entry(operation), mapping=reply)

    return entry


@pytest.fixture
def runs(journal: Journal) -> Runs:
    """Read the runs of that journal."""
    return Runs(journal)


def test_steps_stand_below_their_flow(write: Write, runs: Runs) -> None:
    """The steps of an inner flow are below that flow."""
    write(FLOW, name="flow.outer")
    write("inner", path=(FLOW,), name="flow.inner")
    write("step", path=(FLOW, "inner"), name="xenserver.vm.clone")

    [outer] = runs.find(FLOW).steps

    assert [step.name for step in outer.everything()] == [
        "flow.outer",
        "flow.inner",
        "xenserver.vm.clone",
    ]


def test_somebodys_own_chain_is_a_run_of_several(write: Write, runs: Runs) -> None:
    """Its operations are in the order in which they began; the first gives the name."""
    write("one", name="xenserver.vm.clone")
    write("two", name="xenserver.vm.start")

    run = runs.find(FLOW)

    assert [step.id for step in run.steps] == ["one", "two"]
    assert run.name == "xenserver.vm.clone"


def test_a_run_goes_on_until_its_last_operation_has_ended(
    write: Write, runs: Runs, journal: Journal
) -> None:
    """Its times are those of its first and its last operation."""
    write("one", name="xenserver.vm.clone", created="100", ended="101.5", phase="ended")
    write("two", name="xenserver.vm.start", created="102", phase="parked")

    assert runs.find(FLOW).ended is None

    write("three", name="xenserver.vm.start", created="103", ended="104", phase="ended")
    journal.redis.hset(journal.keys.entry("two"), "ended", "107")

    assert (runs.find(FLOW).created, runs.find(FLOW).ended) == (100.0, 107.0)


def test_a_suspension_point_has_its_times(write: Write, runs: Runs, journal: Journal) -> None:
    """They are launched, parked and landed; the operation waits for one that has not landed."""
    write(
        FLOW,
        name="xenserver.vm.copy",
        **{
            "phase": "parked",
            "call:0": {"method": "VM.copy", "params": [], "at": 10.5},
            "parked:0": "10.75",
        },
    )

    [step] = runs.find(FLOW).steps
    assert step.status() == "waits for VM.copy"
    assert (
        step.suspensions[0].launched,
        step.suspensions[0].parked,
        step.suspensions[0].landed,
    ) == (10.5, 10.75, None)

    journal.complete(FLOW, "0", Outcome(OutcomeStatus.SUCCESS, "ref"))
    assert runs.find(FLOW).steps[0].waits_for is not None  # it has no message to be called back by


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"phase": "running"}, "is running"),
        ({"phase": "landed"}, "continues in a moment"),
        ({"phase": "deferred", "retry": BUSY}, "is deferred: VM web01 is busy"),
        ({"phase": "deferred"}, "is deferred for a moment"),
        ({"phase": "draining"}, "waits for its open steps to end"),
        ({"phase": "parked"}, "waits for its steps (0 ended)"),
        ({"phase": "undoing"}, "undoes what it made"),
        ({"phase": "parked", "cancel": "cancelled"}, "is being cancelled"),
        ({"phase": "ended", "ended": "1", "answer": {"return_result": "done"}}, "succeeded"),
        ({"phase": "ended", "ended": "1", "failure": FAULT}, f"failed: {FAULT['message']}"),
    ],
)
def test_the_status_is_a_text(
    fields: dict[str, Any], status: str, write: Write, runs: Runs
) -> None:
    """Each phase has one, and each end."""
    write(FLOW, name="xenserver.vm.start", **fields)

    assert runs.find(FLOW).status() == status


def test_steps_that_undo_are_marked(write: Write, runs: Runs) -> None:
    """They are among the steps of the flow that failed."""
    write(FLOW, name="flow.outer", failure=FAULT, ended="9", phase="ended")
    write("clone", path=(FLOW,), name="xenserver.vm.clone", ended="3")
    write("undo", path=(FLOW,), name="xenserver.vm.discard", undoes="1", ended="5", answer={})
    left = {"return_result": "not undone: VM busy", "not_undone": FAULT}
    write("left", path=(FLOW,), name="xenserver.vdi.destroy", undoes="1", ended="5", answer=left)

    [outer] = runs.find(FLOW).steps

    assert sorted((step.name, step.undoes, step.status()) for step in outer.steps) == [
        ("xenserver.vdi.destroy", True, "not undone: VM busy"),
        ("xenserver.vm.clone", False, "succeeded"),
        ("xenserver.vm.discard", True, "undone"),
    ]


def test_a_run_is_found_by_any_of_its_operations(write: Write, runs: Runs) -> None:
    """It is also found by the first characters of its own id."""
    write(FLOW, name="flow.outer")
    write("step", path=(FLOW,), name="xenserver.vm.clone")

    assert runs.find("step").id == FLOW
    assert runs.find(FLOW[:4]).id == FLOW


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("1111", "several runs begin with 1111"),
        ("111", "no run '111' is known: give at least 4 characters"),
        ("9999", "no run '9999'"),
    ],
)
def test_an_unknown_run_is_named_in_the_error(
    name: str, text: str, write: Write, runs: Runs
) -> None:
    """First characters that several runs share, or that are too few, are an error too."""
    for root in (FLOW, FLOW[:-1] + "1"):
        write(root, root=root, name="flow.outer")

    with pytest.raises(NoSuchRun, match=text):
        runs.find(name)


def test_the_latest_run_comes_first(write: Write, runs: Runs) -> None:
    """No more runs are read than were asked for."""
    for root in ("1", "2", "3"):
        write(root, root=root, name=f"flow.{root}")

    assert [run.name for run in runs.latest(2)] == ["flow.3", "flow.2"]


def test_the_state_in_a_document_is_one_word(write: Write, runs: Runs) -> None:
    """The status says more."""
    write(FLOW, name="flow.outer", failure=FAULT, ended="9", phase="ended")
    write("undo", path=(FLOW,), name="xenserver.vm.discard", undoes="1", ended="5", answer={})
    write("open", path=(FLOW,), name="xenserver.vm.start", phase="running")

    reply = runs.find(FLOW).document()

    assert (reply["state"], reply["status"]) == ("failed", f"failed: {FAULT['message']}")
    [outer] = reply["steps"]
    assert (outer["state"], outer["status"]) == (reply["state"], reply["status"])
    assert sorted(step["state"] for step in outer["steps"]) == ["open", "undone"]


def test_the_suspension_point_of_a_flow_is_never_launched(write: Write, runs: Runs) -> None:
    """The count of its sent steps is no time."""
    write(FLOW, name="flow.outer", phase="parked", **{"sent:0": {"times": 1, "at": 5.0}})

    [suspension] = runs.find(FLOW).document()["steps"][0]["suspensions"]

    assert suspension["launched"] is None


def test_a_run_is_a_document_too(write: Write, runs: Runs) -> None:
    """Programs read the same as JSON."""
    write(FLOW, name="flow.outer", inputs={"name": "web01"})
    write(
        "step",
        path=(FLOW,),
        name="xenserver.vm.clone",
        **{"call:0": {"method": "VM.clone", "params": [], "at": 2}},
    )

    reply = json.loads(json.dumps(runs.find(FLOW).document()))

    assert reply["steps"][0]["inputs"] == {"name": "web01"}
    assert reply["steps"][0]["steps"][0]["suspensions"][0]["method"] == "VM.clone"


def test_a_large_answer_is_read_where_it_is_kept(write: Write, runs: Runs, redis: Redis) -> None:
    """As the result of its operation, when it is asked for; a list of runs does without."""
    result = {"status": "SUCCESS", "result": {"return_result": "1 VM", "records": ["all"]}}
    redis.set("result", json.dumps(result))
    write(FLOW, ended="1", answer={"return_result": "1 VM"}, answer_key="result")

    assert runs.find(FLOW).steps[0].answer == {"return_result": "1 VM"}
    assert runs.find(FLOW, whole=True).steps[0].answer == result["result"]
