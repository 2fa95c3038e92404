"""A run is told from its entries in the journal, nested as its flows were."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from cli import output, run_views
from tasks.engine.journal.journal import Journal, Place
from tasks.engine.journal.keys import Keys
from workers.run_reader import NoSuchRun, Runs
from workers.run_record import Run

FLOW = "11111111-aaaa-4000-8000-000000000000"
FAULT = {
    "type": "Refused",
    "code": "VM_BAD_POWER_STATE",
    "params": [],
    "message": "VM web01 is running; undone: VM web01",
    "undone": [{"class": "VM", "uuid": "u1", "name": "web01"}],
}

Write = Callable[..., None]


@pytest.fixture
def journal(redis: Redis) -> Journal:
    """Open a journal in which nothing stands."""
    return Journal(redis, Keys("test"), lease=10.0, keep=60)


@pytest.fixture
def write(journal: Journal) -> Write:
    """Write an operation as its first delivery does, then what came of it."""

    def entry(
        operation: str,
        *,
        root: str = FLOW,
        path: tuple[str, ...] = (),
        **fields: Any,
    ) -> None:
        told = {name: v if isinstance(v, str) else json.dumps(v) for name, v in fields.items()}
        first = {"path": "/".join(path), "inputs": "{}", "target": "lab", "root": root}
        claimed = journal.claim(operation, Place(root, path), first)
        journal.write(claimed, told)

    return entry


@pytest.fixture
def runs(journal: Journal) -> Runs:
    """Read the runs of that journal."""
    return Runs(journal)


def _pictured(run: Run, capsys: pytest.CaptureFixture[str], *, traces: bool = False) -> str:
    output.out().print(run_views.tree(run, traces=traces))
    return capsys.readouterr().out


def test_steps_stand_below_their_flow(write: Write, runs: Runs) -> None:
    """And the steps of an inner flow below that."""
    write(FLOW, name="flow.outer")
    write("inner", path=(FLOW,), name="flow.inner")
    write("step", path=(FLOW, "inner"), name="xenserver.vm.clone")

    [outer] = runs.of(FLOW).steps

    assert [step.name for step in outer.everything()] == [
        "flow.outer",
        "flow.inner",
        "xenserver.vm.clone",
    ]


def test_somebodys_own_chain_is_a_run_of_several(write: Write, runs: Runs) -> None:
    """In the order in which its operations began; it is called as its first."""
    write("one", name="xenserver.vm.clone")
    write("two", name="xenserver.vm.start")

    run = runs.of(FLOW)

    assert [step.id for step in run.steps] == ["one", "two"]
    assert run.name == "xenserver.vm.clone"


def test_a_run_goes_on_until_its_last_operation_has_ended(
    write: Write, runs: Runs, journal: Journal
) -> None:
    """Its times are those of its first and its last."""
    write("one", name="xenserver.vm.clone", created="100", ended="101.5", phase="ended")
    write("two", name="xenserver.vm.start", created="102", phase="parked")

    assert runs.of(FLOW).ended is None

    write("three", name="xenserver.vm.start", created="103", ended="104", phase="ended")
    journal.redis.hset(journal.keys.entry("two"), "ended", "107")

    assert (runs.of(FLOW).created, runs.of(FLOW).ended) == (100.0, 107.0)


def test_a_leg_tells_when_it_was_where(write: Write, runs: Runs, journal: Journal) -> None:
    """Launched, parked, landed; what is open is what the operation waits for."""
    write(
        FLOW,
        name="xenserver.vm.copy",
        **{
            "phase": "parked",
            "leg:0": {"method": "VM.copy", "params": [], "at": 10.5},
            "parked:0": "10.75",
        },
    )

    [step] = runs.of(FLOW).steps
    assert step.words() == "waits for VM.copy"
    assert (step.legs[0].launched, step.legs[0].parked, step.legs[0].landed) == (10.5, 10.75, None)

    journal.settle(FLOW, "0", {"status": "success", "result": "ref"})
    assert runs.of(FLOW).steps[0].waits_for is not None  # it has no message to be called back by


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"phase": "running"}, "is at work"),
        ({"phase": "landed"}, "goes on in a moment"),
        ({"phase": "resting", "trouble": "VM web01 is busy"}, "rests: VM web01 is busy"),
        ({"phase": "resting"}, "rests a moment"),
        ({"phase": "settling"}, "lets its open steps settle"),
        ({"phase": "parked"}, "waits for its steps (0 ended)"),
        ({"phase": "parked", "sent:undo": "1"}, "undoes what it made"),
        ({"phase": "parked", "called_off": "cancelled"}, "is being called off"),
        ({"phase": "ended", "ended": "1", "answer": {"return_result": "done"}}, "succeeded"),
        ({"phase": "ended", "ended": "1", "fault": FAULT}, f"failed: {FAULT['message']}"),
    ],
)
def test_how_it_stands_is_said_in_words(
    fields: dict[str, Any], words: str, write: Write, runs: Runs
) -> None:
    """For each phase, and each end."""
    write(FLOW, name="xenserver.vm.start", **fields)

    assert runs.of(FLOW).words() == words


def test_steps_that_undo_are_told_apart(write: Write, runs: Runs) -> None:
    """They stand among the steps of the flow that fell."""
    write(FLOW, name="flow.outer", fault=FAULT, ended="9", phase="ended")
    write("clone", path=(FLOW,), name="xenserver.vm.clone", ended="3")
    write("undo", path=(FLOW,), name="xenserver.vm.discard", undoes="1", ended="5", answer={})
    left = {"return_result": "not undone: VM busy", "not_undone": FAULT}
    write("left", path=(FLOW,), name="xenserver.vdi.destroy", undoes="1", ended="5", answer=left)

    [outer] = runs.of(FLOW).steps

    assert sorted((step.name, step.undoes, step.words()) for step in outer.steps) == [
        ("xenserver.vdi.destroy", True, "not undone: VM busy"),
        ("xenserver.vm.clone", False, "succeeded"),
        ("xenserver.vm.discard", True, "undone"),
    ]


def test_a_run_is_found_by_any_of_its_operations(write: Write, runs: Runs) -> None:
    """Or by how its own id begins."""
    write(FLOW, name="flow.outer")
    write("step", path=(FLOW,), name="xenserver.vm.clone")

    assert runs.of("step").id == FLOW
    assert runs.of(FLOW[:4]).id == FLOW


@pytest.mark.parametrize(
    ("name", "said"),
    [("1111", "several runs begin with 1111"), ("111", "no run '111'"), ("9999", "no run '9999'")],
)
def test_a_run_that_is_not_known_is_said_to_be(
    name: str, said: str, write: Write, runs: Runs
) -> None:
    """So is a beginning that several have, or that is too short to mean anything."""
    for root in (FLOW, FLOW[:-1] + "1"):
        write(root, root=root, name="flow.outer")

    with pytest.raises(NoSuchRun, match=said):
        runs.of(name)


def test_the_latest_run_comes_first(write: Write, runs: Runs) -> None:
    """As many as were asked for."""
    for root in ("1", "2", "3"):
        write(root, root=root, name=f"flow.{root}")

    assert [run.name for run in runs.latest(2)] == ["flow.3", "flow.2"]


def test_a_picture_shows_the_tree_and_what_was_undone(
    write: Write, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each operation with its times, each leg, the error; the stack trace where it is asked for."""
    fault = {**FAULT, "traceback": "Traceback: here"}
    write(FLOW, name="flow.outer", created="1", ended="4", phase="ended", fault=fault)
    leg = {"method": "VM.clone", "params": [], "at": 2}
    write("clone", path=(FLOW,), name="xenserver.vm.clone", **{"leg:0": leg, "landed:0": "3"})

    told = _pictured(runs.of(FLOW), capsys)

    assert "✗ flow.outer" in told
    assert "└── … xenserver.vm.clone" in told or "├── … xenserver.vm.clone" in told
    assert "VM.clone  launched +1.00 s, landed +2.00 s" in told
    assert told.count("undone: VM web01") == 1
    assert "Traceback" not in told
    assert "Traceback: here" in _pictured(runs.of(FLOW), capsys, traces=True)


def test_a_picture_shows_what_is_left_of_a_step(
    write: Write, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its message says nothing of what it made, for that is its flow's to undo."""
    fault = {**FAULT, "message": "VM web01 is running", "kept": FAULT["undone"]}
    write(FLOW, name="xenserver.vm.clone", ended="4", phase="ended", fault=fault)

    assert "kept: VM web01" in _pictured(runs.of(FLOW), capsys)


def test_the_state_in_a_document_is_one_word(write: Write, runs: Runs) -> None:
    """What more there is to say stands beside it."""
    write(FLOW, name="flow.outer", fault=FAULT, ended="9", phase="ended")
    write("undo", path=(FLOW,), name="xenserver.vm.discard", undoes="1", ended="5", answer={})
    write("open", path=(FLOW,), name="xenserver.vm.start", phase="running")

    told = runs.of(FLOW).document()

    assert (told["state"], told["words"]) == ("failed", f"failed: {FAULT['message']}")
    [outer] = told["steps"]
    assert (outer["state"], outer["words"]) == (told["state"], told["words"])
    assert sorted(step["state"] for step in outer["steps"]) == ["open", "undone"]


def test_the_leg_of_a_flow_is_never_launched(write: Write, runs: Runs) -> None:
    """How often its steps were sent is no moment."""
    write(FLOW, name="flow.outer", phase="parked", **{"sent:0": "1"})

    [leg] = runs.of(FLOW).document()["steps"][0]["legs"]

    assert leg["launched"] is None


def test_a_run_is_a_document_too(write: Write, runs: Runs) -> None:
    """For programs: the same, as JSON."""
    write(FLOW, name="flow.outer", inputs={"name": "web01"})
    write("step", path=(FLOW,), name="xenserver.vm.clone", **{"leg:0": {"method": "VM.clone"}})

    told = json.loads(json.dumps(runs.of(FLOW).document()))

    assert told["steps"][0]["inputs"] == {"name": "web01"}
    assert told["steps"][0]["steps"][0]["legs"][0]["method"] == "VM.clone"
